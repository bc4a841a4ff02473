//! The station, its server and its officers' phones, and how an event changes them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use sync_core::catalogue::Catalogue;
use sync_core::ids::{PersonId, StationId};
use tokio::task::{JoinHandle, block_in_place};

use super::failure::misfit;
use super::network::Network;
use super::phones::{Carried, Made, absent};
use super::scenario::{self, Console, Does, Event, Scenario};
use super::{Place, Progress};
use crate::charter;
use crate::clock::Clock;
use crate::console_step;
use crate::error::{Error, Result};
use crate::hand::Hand;
use crate::http::{self, App, Listeners, Stop, Stopper};
use crate::invite::{DEFAULT_LIFE, invite};
use crate::officer::{ChangedAt, Officer, OfficerChange};
use crate::station::{DEFAULT_ZONE_MINUTES, Station};
use crate::write_tx;

#[derive(Debug)]
pub struct Stage {
    pub day: Date,
    pub station: StationId,
    pub phones: Vec<Carried>,
    pub server: Running,
    pub network: Network,
    made: Made,
}

/// A server that answers until it is told to stop.
#[derive(Debug)]
pub struct Running {
    pub app: Arc<App>,
    pub address: SocketAddr,
    stopper: Stopper,
    serving: JoinHandle<()>,
}

impl Running {
    async fn start(app: App) -> Result<Running> {
        let app = Arc::new(app);
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listeners = Listeners::bind(free, None).await?;
        let address = listeners.sync_address();
        let (stopper, stop) = Stop::pair();
        let serving = tokio::spawn(http::serve(app.clone(), listeners, stop));
        Ok(Running {
            app,
            address,
            stopper,
            serving,
        })
    }

    /// Lets the requests under way finish, and closes the store.
    pub async fn stop(self) {
        let grace = self.app.limits.grace;
        self.stopper.stop();
        let ended = async {
            // A server that panicked has ended as well.
            let _ = self.serving.await;
            self.app.db.close().await;
        };
        let _ = tokio::time::timeout(grace, ended).await;
    }
}

/// When it is that time on that day at the station: milliseconds since 1970.
fn moment(day: Date, time: Time) -> Option<i64> {
    let zone = Offset::from_seconds(i32::try_from(DEFAULT_ZONE_MINUTES).ok()? * 60).ok()?;
    let at = zone.to_timestamp(day.to_datetime(time)).ok()?;
    Some(at.as_millisecond())
}

fn today(clock: &Clock) -> Option<Date> {
    let now = Timestamp::from_millisecond(clock.now_ms()).ok()?;
    let at_station = now.checked_add(DEFAULT_ZONE_MINUTES.minutes()).ok()?;
    Some(Offset::UTC.to_datetime(at_station).date())
}

fn after(day: Date, days: i64) -> Result<Date> {
    let day = day.checked_add(days.days());
    day.map_err(|_| outside_the_calendar())
}

fn outside_the_calendar() -> Error {
    misfit("reading the clock", "it shows a day outside the calendar")
}

impl Stage {
    /// Makes the station, starts its server and lets every officer's phone join.
    pub async fn set(scenario: &Scenario, place: Place, clock: &Clock) -> Result<Stage> {
        let day = today(clock).ok_or_else(outside_the_calendar)?;
        let first = after(day, scenario.first_day())?;
        let opens = moment(first, scenario.station.opens).ok_or_else(outside_the_calendar)?;
        // From here on time passes as the scenario says.
        let clock = Clock::set(opens, clock.entropy());
        let Place { db, data, phones } = place;
        let station = scenario.station.code.clone();
        let key = data.create_key(&station, &clock)?;
        write_tx!(db, "demo_station", async |tx| {
            Station::create(tx, &station, &scenario.station.name, &key, &clock).await?;
            Station::set_word(tx, &station, &scenario.station.word).await?;
            for officer in &scenario.officers {
                member(officer).add(tx, &station, &clock).await?;
            }
            charter::issue(tx, &station, Some(Catalogue::embedded()), &data, &clock).await
        })
        .await?;
        let server = Running::start(App::new(db, clock, data)).await?;
        let mut stage = Stage {
            day,
            station,
            phones: Vec::new(),
            network: Network::before(server.address).await?,
            server,
            made: Made::new(),
        };
        for officer in &scenario.officers {
            stage.pass_to(first, officer.joins)?;
            stage.join(officer, &phones).await?;
        }
        Ok(stage)
    }

    async fn join(&mut self, officer: &scenario::Officer, folder: &Path) -> Result<()> {
        let app = &self.server.app;
        let code = write_tx!(app.db, "demo_invite", async |tx| {
            let (station, person) = (&self.station, &officer.code);
            let (data, clock) = (&app.data, &app.clock);
            let code = invite(tx, station, person, None, DEFAULT_LIFE, data, clock).await?;
            charter::issue(tx, station, None, data, clock).await?;
            Ok(code)
        })
        .await?;
        let (server, now) = (
            format!("http://{}", self.network.address),
            app.clock.now_ms(),
        );
        let join = || Carried::join(officer, folder, &server, &code.reveal(), now);
        self.phones.push(block_in_place(join)?);
        Ok(())
    }

    /// Lets one thing happen at its time.
    pub async fn happen(
        &mut self,
        event: &Event,
        tell: &mut (dyn FnMut(&Progress) + Send),
    ) -> Result<()> {
        let day = after(self.day, event.day)?;
        self.pass_to(day, event.at)?;
        let at = self.place_of(&event.who)?;
        match &event.does {
            Does::Create(create) => {
                let (carried, made) = (&mut self.phones[at], &mut self.made);
                block_in_place(|| carried.create(create, day, made))?;
            }
            Does::Change(change) => {
                let (carried, made) = (&mut self.phones[at], &self.made);
                block_in_place(|| carried.change(change, day, made))?;
            }
            Does::Meet(other) => {
                let other = self.place_of(other)?;
                let [one, other] = self
                    .phones
                    .get_disjoint_mut([at, other])
                    .map_err(|_| stranger(&event.who))?;
                block_in_place(|| one.meet(other))?;
            }
            Does::Write(write) => {
                let (carried, made) = (&mut self.phones[at], &self.made);
                block_in_place(|| carried.write(write, made))?;
            }
            Does::Settle(settle) => {
                let (carried, made) = (&mut self.phones[at], &self.made);
                block_in_place(|| carried.settle(settle, day, made))?;
            }
            Does::Forge(forge) => {
                let carried = self.phones.remove(at);
                let made = &self.made;
                let carried = block_in_place(|| carried.tampered(forge, day, made))?;
                self.phones.insert(at, carried);
            }
            Does::Console(step) => self.console(&event.who, step).await?,
            Does::Sync => block_in_place(|| self.phones[at].sync())?,
            Does::SyncCutAfter(bytes) => {
                self.network.cut_after(bytes);
                block_in_place(|| self.sync_until_through(at))?;
                self.network.cut_after(&[]);
            }
            Does::Roles(roles) => {
                let app = &self.server.app;
                write_tx!(app.db, "demo_roles", async |tx| {
                    let change = OfficerChange {
                        roles: Some(roles.clone()),
                        ..OfficerChange::default()
                    };
                    Officer::change(tx, &self.station, &event.who, change, &app.clock).await?;
                    charter::issue(tx, &self.station, None, &app.data, &app.clock).await
                })
                .await?;
            }
        }
        let status = self.phones[at].phone.status();
        tell(&Progress {
            day,
            at: event.at,
            who: event.who.clone(),
            saved: status.saved,
            sent: status.sent,
            registered: status.registered,
        });
        Ok(())
    }

    async fn console(&self, by: &PersonId, console: &Console) -> Result<()> {
        let id = self.made.get(&console.record);
        let record = id.and_then(|id| id.parse().ok());
        let record = record.ok_or_else(|| absent(&console.record))?;
        let app = &self.server.app;
        let hand = Hand {
            data: &app.data,
            clock: &app.clock,
            by: Some(by),
        };
        let wanted = console_step::Wanted {
            step: console.step.clone(),
            note: console.note.clone(),
            values: Vec::new(),
        };
        let taken = write_tx!(app.db, "demo_console", async |tx| {
            console_step::take(tx, &hand, &self.station, record, &wanted).await
        })
        .await;
        let doing = || format!("taking {} of {}", console.step, console.record);
        taken.map(drop).map_err(|error| match error {
            refused @ (Error::NotWritten { .. } | Error::Refused(_)) => misfit(doing(), refused),
            other => other,
        })
    }

    /// A phone gives up after some attempts and its officer tries again: as long as it was the
    /// line that failed.
    fn sync_until_through(&mut self, at: usize) -> Result<()> {
        loop {
            let cuts = self.network.cuts();
            match self.phones[at].sync() {
                Err(_) if self.network.cuts() > cuts => {}
                outcome => return outcome,
            }
        }
    }

    /// Time passes for the server and every phone.
    fn pass_to(&mut self, day: Date, time: Time) -> Result<()> {
        let then = moment(day, time).ok_or_else(outside_the_calendar)?;
        let clock = &self.server.app.clock;
        let by = then.saturating_sub(clock.now_ms());
        clock.advance(Duration::from_millis(u64::try_from(by).unwrap_or(0)));
        for carried in &mut self.phones {
            carried.set_clock(then);
        }
        Ok(())
    }

    fn place_of(&self, person: &PersonId) -> Result<usize> {
        let mut phones = self.phones.iter();
        let at = phones.position(|carried| carried.person == *person);
        at.ok_or_else(|| stranger(person))
    }
}

fn stranger(person: &PersonId) -> Error {
    misfit(
        format!("looking for {person}"),
        "the scenario names nobody else by that code",
    )
}

fn member(officer: &scenario::Officer) -> Officer {
    Officer {
        person: officer.code.clone(),
        name: officer.name.clone(),
        post: officer.post.clone(),
        certificate: officer.certificate.clone(),
        valid_from: None,
        valid_until: None,
        roles: officer.roles.clone(),
        phone: officer.phone.clone(),
        removed_at: None,
        changed: ChangedAt::default(),
    }
}
