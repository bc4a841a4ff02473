//! How a station's charter moves on while its officers work.

use std::collections::BTreeSet;

use sync_core::envelope::{Charter, DeviceGrant, Member, SoftKey, to_bytes};
use sync_core::fieldbook::{Input, Reply, rows};
use sync_core::ids::{DeviceId, PersonId};
use sync_core::sync::JoinRequest;

use super::Shift;
use super::phone::{Phone, Played};
use crate::kit::office::Office;
use crate::kit::station::editions;

const ROLES: [&[&str]; 5] = [
    &["officer"],
    &["officer"],
    &["officer", "leader"],
    &["helper"],
    &[],
];

/// More phones than this only make a run longer.
const MOST_PHONES: usize = 6;

impl Shift {
    /// Somebody joins, gains or loses roles, is suspended or back, a device is removed, or the
    /// forms change.
    pub fn change_charter(&mut self) {
        match self.rng.below(12) {
            0 if self.phones.len() < MOST_PHONES => {
                let person = match self.rng.chance(50) {
                    true => self.rng.pick(&self.phones).person.clone(),
                    false => self.new_person(),
                };
                self.join(&person, None);
            }
            0 => {
                let at = self.rng.below(self.phones.len());
                let device = self.phones[at].device();
                let left = self.phones.iter().filter(|phone| self.is_granted(phone));
                if left.count() > 2 && self.is_granted(&self.phones[at]) {
                    let mut delta = self.office.next_epoch();
                    delta.removed_devices.push(device);
                    self.office.change(delta);
                }
            }
            1..4 => {
                let edition = self.rng.pick(&editions()).clone();
                let mut delta = self.office.next_epoch();
                delta.catalogue = Some(edition.hash());
                self.office.keep_catalogue(edition);
                self.office.change(delta);
            }
            4 => {
                let mut member = self.some_member();
                member.active = false;
                self.state_member(member);
            }
            5..8 => {
                let mut member = self.some_member();
                let roles = *self.rng.pick(&ROLES);
                member.roles = roles.iter().map(|role| (*role).to_owned()).collect();
                self.state_member(member);
            }
            _ => self.restore_rights(),
        }
    }

    /// What was lost comes back, so that trays can be emptied.
    pub fn restore_rights(&mut self) {
        let people = self.phones.iter().map(|phone| phone.person.clone());
        let people: BTreeSet<PersonId> = people.collect();
        for person in people {
            let mut member = self.office.charter.person(&person).unwrap().clone();
            if !member.active || member.roles.is_empty() {
                member.active = true;
                member.roles = ROLES[0].iter().map(|role| (*role).to_owned()).collect();
                self.state_member(member);
            }
        }
    }

    /// One officer has given himself a role, in the charter of his own phone; and some colleagues
    /// believe it, so that much comes to rest on what the server will hold.
    pub fn forge_charter(&mut self, phone: usize) {
        let Some(forger) = self.forger else { return };
        let forger = self.phones[forger].person.clone();
        let phone = &mut self.phones[phone];
        let known = phone.book.charter().newest().unwrap();
        let mut charter = Charter::default();
        for delta in self
            .office
            .deltas
            .iter()
            .filter(|delta| delta.epoch <= known)
        {
            let mut delta = delta.clone();
            for member in &mut delta.members {
                if member.person == forger {
                    member.roles = ROLES[2].iter().map(|role| (*role).to_owned()).collect();
                }
            }
            charter.apply(&delta).unwrap();
        }
        phone.table.insert(rows::CHARTER.into(), to_bytes(&charter));
        phone.restart();
    }

    pub fn is_granted(&self, phone: &Phone) -> bool {
        let now = self.office.charter.now().unwrap();
        now.device(phone.device()).is_some()
    }

    fn some_member(&mut self) -> Member {
        let person = &self.rng.pick(&self.phones).person;
        self.office.charter.person(person).unwrap().clone()
    }

    fn state_member(&mut self, member: Member) {
        let mut delta = self.office.next_epoch();
        delta.members.push(member);
        self.office.change(delta);
    }

    fn new_person(&mut self) -> PersonId {
        PersonId::new(&format!("O{:04}", self.phones.len() + 1)).unwrap()
    }

    /// A new phone of somebody who is a member already, or becomes one with `roles`.
    pub fn join(&mut self, person: &PersonId, roles: Option<&[&str]>) -> usize {
        let key = SoftKey::from_secret(&[self.phones.len() as u8 + 1; 32]).unwrap();
        let skew = self.rng.below(100_000_000) as i64 - 50_000_000;
        let mut phone = Phone::new(key, person.clone(), self.office.now + skew);
        let input = Input::Join {
            code: self.office.code(),
            station: None,
            name: "一号".into(),
            sign_key: phone.key.public(),
            agree_key: phone.key.public(),
            anew: false,
        };
        let Played::Replies(replies) = phone.play(&mut self.rng, input) else {
            panic!("it cannot ask to join");
        };
        let [Reply::JoinRequest(body)] = replies.as_slice() else {
            panic!("{replies:?}");
        };
        let known = self.office.charter.person(person).cloned();
        let roles = roles.unwrap_or(*self.rng.pick(&ROLES));
        let member = known.filter(|member| member.active);
        let member = member.unwrap_or_else(|| Member {
            person: person.clone(),
            name: format!("队员{person}"),
            post: "队员".into(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            active: true,
            certificate: None,
            certificate_until: None,
        });
        let grant = |office: &mut Office, request: &JoinRequest| {
            let mut delta = office.next_epoch();
            delta.devices.push(DeviceGrant {
                device: DeviceId::of_key(&request.sign_key),
                person: member.person.clone(),
                sign_key: request.sign_key.clone(),
                agree_key: request.agree_key.clone(),
                removed: false,
            });
            delta.members.push(member);
            office.change(delta);
        };
        let answer = self.office.join(body, grant);
        match phone.play(&mut self.rng, Input::Joined(answer)) {
            Played::Replies(_) => {}
            other => panic!("{other:?}"),
        }
        phone.frailty = self.frailty;
        self.phones.push(phone);
        self.told.push(Default::default());
        self.phones.len() - 1
    }
}
