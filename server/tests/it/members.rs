//! Stations, officers and join codes.

use std::time::Duration;

use sync_core::ids::{DeviceId, PersonId, StationId};
use sync_core::sync::JoinCode;
use wardbook::error::Error;
use wardbook::invite::{Invited, invite, redeem};
use wardbook::officer::{ChangedAt, Officer, OfficerChange};
use wardbook::station::Station;
use wardbook::write_tx;

use crate::on_both_engines;
use crate::store::{NOW, TestStore};

const HOUR: Duration = Duration::from_secs(3600);

fn officer(code: &str) -> Officer {
    Officer {
        person: PersonId::new(code).unwrap(),
        name: "王芳".to_owned(),
        post: "进驻队员".to_owned(),
        certificate: "沪A1234567".to_owned(),
        valid_from: Some("2024-01-01".to_owned()),
        valid_until: None,
        roles: vec!["stationed_officer".to_owned(), "squad_leader".to_owned()],
        phone: "021-64000001".to_owned(),
        removed_at: None,
        changed: ChangedAt {
            phone: NOW,
            facts: NOW,
        },
    }
}

async fn make_code(store: &TestStore, station: &StationId, person: &str) -> JoinCode {
    let person = PersonId::new(person).unwrap();
    write_tx!(store.db, "test", async |tx| {
        invite(tx, station, &person, None, HOUR, &store.data, &store.clock).await
    })
    .await
    .unwrap()
}

async fn use_code(store: &TestStore, code: &JoinCode, device: u8) -> Result<Invited, Error> {
    write_tx!(store.db, "test", async |tx| {
        let (key, device) = (code.key().public(), DeviceId([device; 16]));
        redeem(tx, code.station(), &key, &device, &store.clock).await
    })
    .await
}

on_both_engines! {
    async fn an_officer_is_added_changed_removed_and_comes_back(store) {
        let station = store.station("S00").await;
        let (db, clock) = (&store.db, &store.clock);
        let person = PersonId::new("O0001").unwrap();
        let add = async || {
            write_tx!(db, "test", async |tx| officer("O0001").add(tx, &station, clock).await).await
        };
        add().await.unwrap();
        assert_eq!(Officer::list(db, &station).await.unwrap(), [officer("O0001")]);
        assert!(matches!(add().await, Err(Error::OfficerExists { .. })));

        let change = OfficerChange {
            valid_until: Some("2027-12-31".to_owned()),
            roles: Some(vec!["squad_leader".to_owned()]),
            ..OfficerChange::default()
        };
        write_tx!(db, "test", async |tx| {
            Officer::change(tx, &station, &person, change.clone(), clock).await
        })
        .await
        .unwrap();
        let changed = Officer::list(db, &station).await.unwrap().remove(0);
        assert_eq!(changed.valid_until.as_deref(), Some("2027-12-31"));
        assert_eq!(changed.roles, ["squad_leader"]);
        assert_eq!(changed.name, "王芳");

        let remove = async || {
            write_tx!(db, "test", async |tx| {
                Officer::remove(tx, &station, &person, clock).await
            })
            .await
        };
        remove().await.unwrap();
        assert!(Officer::list(db, &station).await.unwrap()[0].removed_at.is_some());
        assert!(matches!(remove().await, Err(Error::OfficerUnknown { .. })));
        add().await.unwrap();
        assert_eq!(Officer::list(db, &station).await.unwrap(), [officer("O0001")]);
    }

    async fn what_is_asked_of_an_unknown_station_names_it(store) {
        let nowhere = StationId::new("S99").unwrap();
        let outcome = write_tx!(store.db, "test", async |tx| {
            officer("O1").add(tx, &nowhere, &store.clock).await
        })
            .await;
        assert!(matches!(outcome, Err(Error::StationUnknown(station)) if station == nowhere));
        assert!(Station::get(&store.db, &nowhere).await.is_err());
    }

    async fn a_join_code_is_good_once_and_again_for_the_same_phone(store) {
        let station = store.station("S00").await;
        let code = make_code(&store, &station, "O0000").await;
        let typed = code.reveal().to_lowercase();
        let typed = JoinCode::parse(&typed).unwrap();
        let invited = use_code(&store, &typed, 1).await.unwrap();
        assert_eq!(invited.person.as_str(), "O0000");
        assert_eq!(invited.role, "stationed_officer");
        assert_eq!(use_code(&store, &code, 1).await.unwrap(), invited);
        assert!(matches!(use_code(&store, &code, 2).await, Err(Error::InviteUsed)));
    }

    async fn a_join_code_expires_and_ends_with_the_membership(store) {
        let station = store.station("S00").await;
        let (late, left) =
            (make_code(&store, &station, "O1").await, make_code(&store, &station, "O2").await);
        let person = PersonId::new("O2").unwrap();
        write_tx!(store.db, "test", async |tx| {
            Officer::remove(tx, &station, &person, &store.clock).await
        })
            .await
            .unwrap();
        assert!(matches!(use_code(&store, &left, 1).await, Err(Error::InviteExpired)));
        store.clock.advance(HOUR);
        assert!(matches!(use_code(&store, &late, 1).await, Err(Error::InviteExpired)));
    }

    async fn a_code_nobody_made_is_unknown(store) {
        let station = store.station("S00").await;
        let key = store.data.key(&station).unwrap().public();
        for station in [station, StationId::new("S77").unwrap()] {
            let code = JoinCode::new(station, [0; 10], &key);
            assert!(matches!(use_code(&store, &code, 1).await, Err(Error::InviteUnknown)));
        }
    }

    async fn a_role_that_is_not_held_gives_no_code(store) {
        let station = store.station("S00").await;
        make_code(&store, &station, "O0000").await;
        let person = PersonId::new("O0000").unwrap();
        let outcome = write_tx!(store.db, "test", async |tx| {
                let (role, data) = (Some("squad_leader"), &store.data);
                invite(tx, &station, &person, role, HOUR, data, &store.clock).await
            })
            .await;
        assert!(matches!(outcome, Err(Error::RoleNotHeld { .. })));
    }

    async fn two_phones_race_for_one_code_and_one_gets_it(store) {
        let station = store.station("S00").await;
        let code = make_code(&store, &station, "O0000").await;
        let (one, other) = tokio::join!(use_code(&store, &code, 1), use_code(&store, &code, 2));
        assert_eq!(u8::from(one.is_ok()) + u8::from(other.is_ok()), 1);
    }
}
