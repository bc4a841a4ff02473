//! A station with a contact card, for the tests of it.

use std::time::Duration;

use sync_core::ids::{PersonId, StationId};
use wardbook::card::audit::Audit;
use wardbook::card::read::Place;
use wardbook::card::write::{self, Hand};
use wardbook::card::{Card, Code, Deed, Wanted};
use wardbook::error::Error;
use wardbook::known::Known;
use wardbook::officer::{ChangedAt, Officer, OfficerChange};
use wardbook::{charter, read_tx, write_tx};

use crate::http::{Server, get};
use crate::store::TestStore;

pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;
/// Monday, 1 June 2026, 9:00 in Shanghai; the store's clock begins on the Friday before.
pub const MONDAY: i64 = 1_780_275_600_000;

/// A station with an officer who has a card, and a leader who approves it.
pub struct Desk {
    pub store: TestStore,
    pub station: StationId,
    pub officer: PersonId,
    pub leader: PersonId,
}

impl Desk {
    pub async fn new(store: TestStore) -> Desk {
        let station = store.station("S00").await;
        let desk = Desk {
            store,
            station,
            officer: PersonId::new("O0001").unwrap(),
            leader: PersonId::new("L0001").unwrap(),
        };
        desk.member(&desk.officer, "王芳", "stationed_officer", "021-64000001")
            .await;
        desk.member(&desk.leader, "李强", "squad_leader", "").await;
        desk
    }

    pub async fn member(&self, person: &PersonId, name: &str, role: &str, phone: &str) {
        let officer = Officer {
            person: person.clone(),
            name: name.to_owned(),
            post: "进驻队员".to_owned(),
            certificate: String::new(),
            valid_from: None,
            valid_until: None,
            roles: vec![role.to_owned()],
            phone: phone.to_owned(),
            removed_at: None,
            changed: ChangedAt::default(),
        };
        let store = &self.store;
        write_tx!(store.db, "test", async |tx| {
            officer.add(tx, &self.station, &store.clock).await?;
            charter::issue(tx, &self.station, None, &store.data, &store.clock).await
        })
        .await
        .unwrap();
    }

    pub async fn phone_is(&self, phone: &str) {
        let change = OfficerChange {
            phone: Some(phone.to_owned()),
            ..OfficerChange::default()
        };
        write_tx!(self.store.db, "test", async |tx| {
            Officer::change(
                tx,
                &self.station,
                &self.officer,
                change.clone(),
                &self.store.clock,
            )
            .await
        })
        .await
        .unwrap();
    }

    pub fn hand<'a>(&'a self, by: Option<&'a PersonId>) -> Hand<'a> {
        Hand {
            data: &self.store.data,
            clock: &self.store.clock,
            by,
        }
    }

    pub async fn draft(&self, wanted: Wanted) -> Code {
        write_tx!(self.store.db, "test", async |tx| {
            let hand = self.hand(None);
            write::draft(
                tx,
                &hand,
                &self.station,
                &self.officer,
                wanted.clone(),
                None,
            )
            .await
        })
        .await
        .unwrap()
    }

    pub async fn try_change(
        &self,
        code: &Code,
        by: Option<&PersonId>,
        deed: Deed,
    ) -> Result<(), Error> {
        write_tx!(self.store.db, "test", async |tx| {
            write::change(tx, &self.hand(by), code, &deed).await
        })
        .await
    }

    pub async fn change(&self, code: &Code, by: Option<&PersonId>, deed: Deed) {
        self.try_change(code, by, deed).await.unwrap();
    }

    pub async fn approve(&self, code: &Code) {
        self.change(code, Some(&self.leader), Deed::Approve).await;
    }

    pub async fn post(&self, code: &Code, place: &str) {
        let place = place.to_owned();
        self.change(code, Some(&self.officer), Deed::Post { place })
            .await;
    }

    /// A card that hangs at three stairwells.
    pub async fn posted(&self, wanted: Wanted) -> Code {
        let code = self.draft(wanted).await;
        self.approve(&code).await;
        for place in ["1号楼", "2号楼", "3号楼"] {
            self.post(&code, place).await;
        }
        code
    }

    pub async fn replace(&self, code: &Code, with: &Code) -> Result<(), Error> {
        write_tx!(self.store.db, "test", async |tx| {
            write::replace(tx, &self.hand(None), code, with).await
        })
        .await
    }

    pub async fn read(&self, code: &Code) -> (Card, Audit) {
        let now = self.store.clock.now_ms();
        let card = read_tx!(self.store.db, "test", async |tx| {
            let (station, record) = code.find(tx).await?;
            let place = Place::read(tx, &Known::default(), &station, now).await?;
            place.card(tx, code.clone(), record).await
        })
        .await
        .unwrap();
        let audit = Audit::of(std::slice::from_ref(&card), now);
        (card, audit)
    }

    pub fn now_is(&self, at: i64) {
        let by = u64::try_from(at - self.store.clock.now_ms()).unwrap();
        self.store.clock.advance(Duration::from_millis(by));
    }
}

/// The page of a card in a language, with its head.
pub async fn page(server: &Server, code: &Code, query: &str) -> String {
    read(server, format!("/c/{}{query}", code.as_str())).await
}

pub async fn read(server: &Server, path: String) -> String {
    let address = server.sync;
    tokio::task::spawn_blocking(move || get(address, &path, "Accept: text/html\r\n"))
        .await
        .unwrap()
}

pub fn wanted() -> Wanted {
    Wanted {
        squad: Some("虹桥中队".to_owned()),
        station_place: Some("锦华路12号".to_owned()),
        duty_scope: Some("占道经营\n违法搭建".to_owned()),
        supervision_channel: Some("虹桥中队 021-64000009".to_owned()),
        commitments: Some("有诉必接".to_owned()),
        fallback_phone: Some("021-64000002".to_owned()),
        hours: Some(vec![(
            "workday".to_owned(),
            "09:00".to_owned(),
            "11:30".to_owned(),
        )]),
        ..Wanted::default()
    }
}

pub fn refused(outcome: Result<(), Error>, says: &str) {
    match outcome {
        Err(Error::CardRefused { what, .. }) => assert!(what.contains(says), "{what}"),
        other => panic!("{other:?} does not say {says}"),
    }
}
