use proptest::prelude::*;

use crate::envelope::delta::{BadDelta, CharterDelta, DeviceGrant, Member, ServerKey};
use crate::envelope::samples::{key, person};
use crate::envelope::{Charter, from_bytes, to_bytes};
use crate::ids::{Epoch, Hash};

fn epoch(n: u64) -> Epoch {
    Epoch { lineage: 0, n }
}

fn member(n: u8, roles: &[&str]) -> Member {
    Member {
        person: person(n),
        name: format!("张{n}"),
        post: "队员".into(),
        certificate: None,
        certificate_until: None,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        active: true,
    }
}

fn grant(of: u8, key_number: u8) -> DeviceGrant {
    DeviceGrant {
        device: key(key_number).device(),
        person: person(of),
        sign_key: key(key_number).public(),
        agree_key: Vec::new(),
        removed: false,
    }
}

fn server(n: u8) -> ServerKey {
    ServerKey {
        device: key(n).device(),
        sign_key: key(n).public(),
    }
}

fn founding() -> CharterDelta {
    CharterDelta {
        members: vec![member(1, &["officer"]), member(2, &["chief"])],
        devices: vec![grant(1, 11), grant(2, 12)],
        catalogue: Some(Hash([1; 32])),
        server: Some(server(50)),
        station_name: Some("第一工作站".into()),
        ..CharterDelta::new(epoch(0))
    }
}

fn founded() -> Charter {
    let mut charter = Charter::default();
    charter.apply(&founding()).unwrap();
    charter
}

#[test]
fn each_epoch_keeps_its_own_roles_and_catalogue() {
    let mut charter = founded();
    charter
        .apply(&CharterDelta {
            members: vec![member(1, &["officer", "chief"])],
            catalogue: Some(Hash([2; 32])),
            ..CharterDelta::new(epoch(1))
        })
        .unwrap();
    let (old, new) = (charter.at(epoch(0)).unwrap(), charter.now().unwrap());
    assert_eq!(old.roles(&person(1)), ["officer"]);
    assert_eq!(new.roles(&person(1)), ["officer", "chief"]);
    assert_eq!(old.catalogue(), Hash([1; 32]));
    assert_eq!(new.catalogue(), Hash([2; 32]));
    assert_eq!(new.roles(&person(2)), ["chief"]);
    assert_eq!(new.station_name(), "第一工作站");
    assert_eq!(new.zone_minutes(), 480);
    assert_eq!(charter.newest(), Some(epoch(1)));
}

#[test]
fn a_removed_device_is_still_known_by_its_key() {
    let mut charter = founded();
    let device = key(11).device();
    charter
        .apply(&CharterDelta {
            removed_devices: vec![device],
            ..CharterDelta::new(epoch(1))
        })
        .unwrap();
    assert!(charter.at(epoch(0)).unwrap().device(device).is_some());
    assert!(!charter.at(epoch(0)).unwrap().is_removed(device));
    assert!(charter.now().unwrap().device(device).is_none());
    assert!(charter.now().unwrap().is_removed(device));
    assert_eq!(charter.ever(device).unwrap().sign_key, key(11).public());
}

#[test]
fn a_member_who_left_has_a_name_but_no_roles() {
    let mut charter = founded();
    let left = Member {
        active: false,
        ..member(1, &["officer"])
    };
    charter
        .apply(&CharterDelta {
            members: vec![left],
            ..CharterDelta::new(epoch(1))
        })
        .unwrap();
    assert!(charter.now().unwrap().roles(&person(1)).is_empty());
    assert_eq!(charter.person(&person(1)).unwrap().name, "张1");
}

#[test]
fn an_epoch_that_does_not_follow_is_refused_and_changes_nothing() {
    let mut charter = founded();
    let before = charter.clone();
    for given in [
        epoch(0),
        epoch(2),
        Epoch { lineage: 1, n: 1 },
        Epoch { lineage: 2, n: 0 },
    ] {
        let newest = Some(epoch(0));
        assert_eq!(
            charter.apply(&CharterDelta::new(given)),
            Err(BadDelta::Epoch { given, newest })
        );
    }
    assert_eq!(charter, before);
    assert!(charter.at(epoch(1)).is_none());
}

#[test]
fn replicas_that_saw_different_ends_of_a_lineage_agree_on_the_next() {
    let (mut server_side, mut phone) = (founded(), founded());
    phone
        .apply(&CharterDelta {
            members: vec![member(3, &["officer"])],
            devices: vec![grant(3, 13)],
            ..CharterDelta::new(epoch(1))
        })
        .unwrap();
    let restored = CharterDelta {
        server: Some(server(51)),
        ..server_side.restated(1)
    };
    server_side.apply(&restored).unwrap();
    phone.apply(&restored).unwrap();
    for charter in [&server_side, &phone] {
        let now = charter.now().unwrap();
        assert_eq!(now.roles(&person(1)), ["officer"]);
        assert!(now.roles(&person(3)).is_empty());
        assert!(now.device(key(13).device()).is_none());
        assert!(now.device(key(11).device()).is_some());
        assert_eq!(now.server(), Some(&server(51)));
        assert_eq!(charter.server_ever(key(50).device()), Some(&server(50)));
    }
}

#[test]
fn a_key_that_is_not_the_devices_is_refused() {
    let mut wrong = founding();
    wrong.devices[0].sign_key = key(30).public();
    let device = wrong.devices[0].device;
    assert_eq!(
        Charter::default().apply(&wrong),
        Err(BadDelta::Key { device })
    );
}

#[test]
fn a_device_does_not_change_hands() {
    let mut charter = founded();
    let delta = CharterDelta {
        devices: vec![grant(2, 11)],
        ..CharterDelta::new(epoch(1))
    };
    assert!(matches!(charter.apply(&delta), Err(BadDelta::Taken { .. })));
}

#[test]
fn a_device_of_nobody_and_a_member_named_twice_are_refused() {
    let mut charter = founded();
    let stranger = CharterDelta {
        devices: vec![grant(9, 19)],
        ..CharterDelta::new(epoch(1))
    };
    assert!(matches!(
        charter.apply(&stranger),
        Err(BadDelta::Stranger { .. })
    ));
    let twice = CharterDelta {
        members: vec![member(1, &[]), member(1, &["chief"])],
        ..CharterDelta::new(epoch(1))
    };
    assert!(matches!(charter.apply(&twice), Err(BadDelta::Twice { .. })));
}

#[test]
fn a_thousand_epochs_of_one_member_do_not_store_the_others_again() {
    let mut charter = founded();
    let one = to_bytes(&charter).len();
    for n in 1..=1000 {
        charter.apply(&CharterDelta::new(epoch(n))).unwrap();
    }
    assert!(to_bytes(&charter).len() < one + 8);
    assert_eq!(charter.now().unwrap().roles(&person(2)), ["chief"]);
}

proptest! {
    #[test]
    fn a_stored_charter_is_read_as_it_was(steps in proptest::collection::vec((0u8..6, any::<bool>()), 0..12)) {
        let mut charter = founded();
        for (n, (who, active)) in (1..).zip(steps) {
            let member = Member { active, ..member(who, &["officer"]) };
            let delta = CharterDelta { members: vec![member], ..CharterDelta::new(epoch(n)) };
            charter.apply(&delta).unwrap();
            let now = charter.now().unwrap();
            prop_assert_eq!(now.roles(&person(who)).is_empty(), !active);
        }
        prop_assert_eq!(from_bytes(&to_bytes(&charter)), Ok(charter));
    }
}
