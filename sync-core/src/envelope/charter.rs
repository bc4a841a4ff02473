//! Who is a member, with which devices and roles, under which catalogue, in which epoch?

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::delta::{BadDelta, CharterDelta, DeviceGrant, Member, ServerKey};
use super::sign::is_public_key;
use crate::ids::{DeviceId, Epoch, Hash, PersonId};

/// All charters of a station, one after the other. Each member and each device is kept once for
/// every epoch that changed it, not once for every epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Charter {
    /// The last `n` of each lineage.
    #[n(0)]
    last: BTreeMap<u32, u64>,
    #[n(1)]
    station_name: Vec<Since<String>>,
    #[n(2)]
    zone_minutes: Vec<Since<i32>>,
    #[n(3)]
    catalogue: Vec<Since<Hash>>,
    #[n(4)]
    server: Vec<Since<ServerKey>>,
    #[n(5)]
    members: BTreeMap<PersonId, Vec<Since<Member>>>,
    #[n(6)]
    devices: BTreeMap<DeviceId, Vec<Since<DeviceGrant>>>,
}

/// A value that holds from an epoch on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Since<T> {
    #[n(0)]
    epoch: Epoch,
    #[n(1)]
    value: T,
}

impl Charter {
    /// Takes the delta of the next epoch: `n + 1` of the newest lineage, or 0 of the lineage
    /// after it. On an error nothing has changed.
    pub fn apply(&mut self, delta: &CharterDelta) -> Result<(), BadDelta> {
        self.check(delta)?;
        let epoch = delta.epoch;
        if epoch.n == 0 {
            self.retire(epoch);
        }
        put(&mut self.station_name, epoch, &delta.station_name);
        put(&mut self.zone_minutes, epoch, &delta.zone_minutes);
        put(&mut self.catalogue, epoch, &delta.catalogue);
        put(&mut self.server, epoch, &delta.server);
        for member in &delta.members {
            let versions = self.members.entry(member.person.clone()).or_default();
            put(versions, epoch, &Some(member.clone()));
        }
        for grant in &delta.devices {
            let versions = self.devices.entry(grant.device).or_default();
            put(versions, epoch, &Some(grant.clone()));
        }
        for device in &delta.removed_devices {
            if let Some(versions) = self.devices.get_mut(device) {
                remove(versions, epoch);
            }
        }
        self.last.insert(epoch.lineage, epoch.n);
        Ok(())
    }

    /// The newest epoch; `None` before the first delta.
    pub fn newest(&self) -> Option<Epoch> {
        self.last
            .last_key_value()
            .map(|(&lineage, &n)| Epoch { lineage, n })
    }

    /// The charter of `epoch`, if that epoch is known.
    pub fn at(&self, epoch: Epoch) -> Option<CharterAt<'_>> {
        let last = *self.last.get(&epoch.lineage)?;
        (epoch.n <= last).then_some(CharterAt {
            charter: self,
            epoch,
        })
    }

    /// The newest charter.
    pub fn now(&self) -> Option<CharterAt<'_>> {
        self.at(self.newest()?)
    }

    /// The last grant of `device`, whether it still holds or not. Intake takes what it signed.
    pub fn ever(&self, device: DeviceId) -> Option<&DeviceGrant> {
        Some(&self.devices.get(&device)?.last()?.value)
    }

    /// The key of a device that is, or in an earlier lineage was, the server.
    pub fn server_ever(&self, device: DeviceId) -> Option<&ServerKey> {
        let mut keys = self.server.iter().map(|since| &since.value);
        keys.find(|key| key.device == device)
    }

    /// What is last known of somebody, member or not any more: for names.
    pub fn person(&self, person: &PersonId) -> Option<&Member> {
        Some(&self.members.get(person)?.last()?.value)
    }

    /// Everybody who ever was a member, by code, as last known.
    pub fn people(&self) -> impl Iterator<Item = &Member> {
        self.members.values().filter_map(|v| Some(&v.last()?.value))
    }

    /// Every device ever granted, by id, as last known.
    pub fn devices(&self) -> impl Iterator<Item = &DeviceGrant> {
        self.devices.values().filter_map(|v| Some(&v.last()?.value))
    }

    /// The newest charter in full, as the first delta of `lineage`. The caller changes what the
    /// new lineage changes (the server's key) before it is stated.
    pub fn restated(&self, lineage: u32) -> CharterDelta {
        CharterDelta {
            members: self.people().filter(|m| m.active).cloned().collect(),
            devices: self.devices().filter(|d| !d.removed).cloned().collect(),
            catalogue: last(&self.catalogue).copied(),
            server: last(&self.server).cloned(),
            station_name: last(&self.station_name).cloned(),
            zone_minutes: last(&self.zone_minutes).copied(),
            ..CharterDelta::new(Epoch { lineage, n: 0 })
        }
    }

    fn check(&self, delta: &CharterDelta) -> Result<(), BadDelta> {
        let (given, newest) = (delta.epoch, self.newest());
        let follows = match newest {
            None => given.n == 0,
            Some(at) if given.lineage == at.lineage => Some(given.n) == at.n.checked_add(1),
            Some(at) => given.n == 0 && Some(given.lineage) == at.lineage.checked_add(1),
        };
        if !follows {
            return Err(BadDelta::Epoch { given, newest });
        }
        if given.n == 0 && (delta.catalogue.is_none() || delta.server.is_none()) {
            return Err(BadDelta::Incomplete { epoch: given });
        }
        twice("member", delta.members.iter().map(|m| m.person.as_str()))?;
        let granted = delta.devices.iter().map(|d| d.device);
        let devices: Vec<String> = granted
            .chain(delta.removed_devices.iter().copied())
            .chain(delta.server.iter().map(|s| s.device))
            .map(|device| device.to_string())
            .collect();
        twice("device", devices.iter().map(String::as_str))?;
        if let Some(server) = &delta.server {
            fits(server.device, &server.sign_key)?;
        }
        for grant in &delta.devices {
            self.check_grant(delta, grant)?;
        }
        for &device in &delta.removed_devices {
            if !self.devices.contains_key(&device) {
                return Err(BadDelta::Unknown { device });
            }
        }
        Ok(())
    }

    fn check_grant(&self, delta: &CharterDelta, grant: &DeviceGrant) -> Result<(), BadDelta> {
        let (device, person) = (grant.device, &grant.person);
        fits(device, &grant.sign_key)?;
        if !grant.agree_key.is_empty() && !is_public_key(&grant.agree_key) {
            return Err(BadDelta::Key { device });
        }
        if let Some(owner) = self.ever(device).filter(|g| g.person != *person) {
            let person = owner.person.clone();
            return Err(BadDelta::Taken { device, person });
        }
        let named = delta.members.iter().any(|m| m.person == *person);
        if !named && !self.members.contains_key(person) {
            let person = person.clone();
            return Err(BadDelta::Stranger { device, person });
        }
        Ok(())
    }

    /// Ends every membership and grant, before the first delta of a lineage states its own.
    fn retire(&mut self, epoch: Epoch) {
        for versions in self.members.values_mut() {
            if let Some(member) = last(versions).filter(|m| m.active).cloned() {
                let active = false;
                put(versions, epoch, &Some(Member { active, ..member }));
            }
        }
        for versions in self.devices.values_mut() {
            remove(versions, epoch);
        }
    }
}

/// The charter of one epoch.
#[derive(Debug, Clone, Copy)]
pub struct CharterAt<'a> {
    charter: &'a Charter,
    pub epoch: Epoch,
}

impl<'a> CharterAt<'a> {
    /// The grant of `device`; `None` when it has none yet or was removed.
    pub fn device(&self, device: DeviceId) -> Option<&'a DeviceGrant> {
        self.grant(device).filter(|grant| !grant.removed)
    }

    pub fn is_removed(&self, device: DeviceId) -> bool {
        self.grant(device).is_some_and(|grant| grant.removed)
    }

    /// Somebody who is, or was before this epoch, a member: see `active`.
    pub fn member(&self, person: &PersonId) -> Option<&'a Member> {
        as_of(self.charter.members.get(person)?, self.epoch)
    }

    /// The roles of an active member; none for anybody else.
    pub fn roles(&self, person: &PersonId) -> &'a [String] {
        match self.member(person) {
            Some(member) if member.active => &member.roles,
            Some(_) | None => &[],
        }
    }

    pub fn members(&self) -> impl Iterator<Item = &'a Member> + use<'a> {
        let epoch = self.epoch;
        let all = self.charter.members.values();
        all.filter_map(move |versions| as_of(versions, epoch))
    }

    /// The hash of the catalogue bundle that holds.
    pub fn catalogue(&self) -> Hash {
        as_of(&self.charter.catalogue, self.epoch).map_or(Hash::ZERO, |hash| *hash)
    }

    pub fn server(&self) -> Option<&'a ServerKey> {
        as_of(&self.charter.server, self.epoch)
    }

    pub fn station_name(&self) -> &'a str {
        as_of(&self.charter.station_name, self.epoch).map_or("", String::as_str)
    }

    /// Minutes east of UTC; China's 480 where no charter says otherwise.
    pub fn zone_minutes(&self) -> i32 {
        as_of(&self.charter.zone_minutes, self.epoch).map_or(480, |minutes| *minutes)
    }

    fn grant(&self, device: DeviceId) -> Option<&'a DeviceGrant> {
        as_of(self.charter.devices.get(&device)?, self.epoch)
    }
}

fn as_of<T>(versions: &[Since<T>], epoch: Epoch) -> Option<&T> {
    let until = versions.partition_point(|since| since.epoch <= epoch);
    Some(&versions.get(until.checked_sub(1)?)?.value)
}

fn last<T>(versions: &[Since<T>]) -> Option<&T> {
    versions.last().map(|since| &since.value)
}

/// Adds a version, unless it is none or what holds already. One epoch has one version.
fn put<T: Clone + PartialEq>(versions: &mut Vec<Since<T>>, epoch: Epoch, value: &Option<T>) {
    let Some(value) = value.clone() else { return };
    versions.pop_if(|since| since.epoch == epoch);
    if last(versions) != Some(&value) {
        versions.push(Since { epoch, value });
    }
}

fn remove(versions: &mut Vec<Since<DeviceGrant>>, epoch: Epoch) {
    if let Some(grant) = last(versions).cloned() {
        let removed = true;
        put(versions, epoch, &Some(DeviceGrant { removed, ..grant }));
    }
}

fn fits(device: DeviceId, key: &[u8]) -> Result<(), BadDelta> {
    (DeviceId::of_key(key) == device && is_public_key(key))
        .then_some(())
        .ok_or(BadDelta::Key { device })
}

fn twice<'a>(what: &'static str, ids: impl Iterator<Item = &'a str>) -> Result<(), BadDelta> {
    let mut seen = std::collections::BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            let id = id.to_owned();
            return Err(BadDelta::Twice { what, id });
        }
    }
    Ok(())
}
