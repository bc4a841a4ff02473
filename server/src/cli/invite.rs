//! `wardbook invite`: makes a one-time code with which an officer's phone joins, lists those that
//! were made, and withdraws one that nobody has used.

use std::time::Duration;

use clap::Args;
use serde_json::json;
use sync_core::catalogue::display_moment;
use sync_core::ids::PersonId;

use super::{StationOptions, out, values};
use crate::charter;
use crate::clock::Clock;
use crate::error::Result;
use crate::invite::{self, DEFAULT_LIFE, Invite};
use crate::station::Station;
use crate::write_tx;

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    at: StationOptions,
    /// The officer's code (工号); one who is not a member yet becomes one
    #[arg(long, value_name = "CODE", required_unless_present_any = ["list", "withdraw"])]
    officer: Option<PersonId>,
    /// The role in which the phone joins [default: the officer's first, or stationed_officer]
    #[arg(long, value_name = "ROLE", value_parser = values::role, requires = "officer")]
    role: Option<String>,
    /// How long the code is good [default: 168]
    #[arg(long, value_name = "HOURS", value_parser = values::hours, requires = "officer")]
    hours: Option<Duration>,
    /// List the codes that are still good: id, officer, role, when made, until when good
    #[arg(long, conflicts_with_all = ["officer", "withdraw"])]
    list: bool,
    /// With --list: also those that were used, withdrawn or have expired
    #[arg(long, requires = "list")]
    all: bool,
    /// End a code that nobody has used yet: the code itself, or its id as --list shows it
    #[arg(long, value_name = "CODE", conflicts_with = "officer")]
    withdraw: Option<String>,
    /// Print one JSON object on one line
    #[arg(long)]
    json: bool,
}

pub async fn run(options: Options, clock: &Clock) -> Result<()> {
    match (&options.officer, &options.withdraw) {
        (Some(officer), _) => make(&options, officer, clock).await,
        (None, Some(code)) => withdraw(&options, code, clock).await,
        (None, None) => list(&options, clock).await,
    }
}

async fn make(options: &Options, officer: &PersonId, clock: &Clock) -> Result<()> {
    let at = &options.at;
    let db = at.store.open().await?;
    let data = at.store.data_dir();
    let life = options.hours.unwrap_or(DEFAULT_LIFE);
    let code = write_tx!(db, "invite", async |tx| {
        let (station, role) = (&at.station, options.role.as_deref());
        let code = invite::invite(tx, station, officer, role, life, &data, clock).await?;
        charter::issue(tx, station, None, &data, clock).await?;
        Ok(code)
    })
    .await?;
    db.close().await;
    let hours = life.as_secs() / 3600;
    if options.json {
        out::json(&json!({"code": code.reveal(), "hours": hours}));
    } else {
        out::say(&code.reveal());
        out::say(&format!("good once, for {hours} hours, for {officer}"));
    }
    Ok(())
}

async fn list(options: &Options, clock: &Clock) -> Result<()> {
    let at = &options.at;
    let db = at.store.open().await?;
    let mut invites = Invite::list(&db, &at.station).await?;
    let station = Station::get(&db, &at.station).await?;
    db.close().await;
    let now = clock.now_ms();
    invites.retain(|invite| options.all || invite.is_open(now));
    if options.json {
        let invites: Vec<_> = invites.iter().map(|invite| as_json(invite, now)).collect();
        out::json(&json!({ "invites": invites }));
        return Ok(());
    }
    let zone = i32::try_from(station.zone_minutes).unwrap_or_default();
    for invite in invites {
        let state = match (invite.used_at, invite.is_open(now)) {
            (Some(at), _) => format!("used {}", display_moment(at, zone)),
            (None, true) => format!("good until {}", display_moment(invite.expires_at, zone)),
            (None, false) => format!("ended {}", display_moment(invite.expires_at, zone)),
        };
        let made = display_moment(invite.made_at, zone);
        let (id, person, role) = (invite.id(), &invite.person, &invite.role);
        out::say(&format!("{id}\t{person}\t{role}\tmade {made}\t{state}"));
    }
    Ok(())
}

fn as_json(invite: &Invite, now: i64) -> serde_json::Value {
    json!({
        "id": invite.id(),
        "officer": invite.person.as_str(),
        "role": invite.role,
        "made_at": invite.made_at,
        "expires_at": invite.expires_at,
        "used_at": invite.used_at,
        "open": invite.is_open(now),
    })
}

async fn withdraw(options: &Options, code: &str, clock: &Clock) -> Result<()> {
    let at = &options.at;
    let db = at.store.open().await?;
    let person = write_tx!(db, "invite_end", async |tx| {
        invite::withdraw(tx, &at.station, code, clock).await
    })
    .await?;
    db.close().await;
    match options.json {
        true => out::json(&json!({"withdrawn": person.as_str()})),
        false => out::say(&format!("withdrawn: the code for {person} is good no more")),
    }
    Ok(())
}
