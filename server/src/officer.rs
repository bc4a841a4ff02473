//! Members of a station as the operator enters them. The charter is issued from these rows:
//! whoever changes them ends the transaction with [`charter::issue`](crate::charter::issue).

use sync_core::ids::{PersonId, StationId};

use crate::clock::Clock;
use crate::db::{Db, Row, Tx};
use crate::error::{Error, Result};
use crate::station::Station;
use crate::{args, sql};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Officer {
    pub person: PersonId,
    pub name: String,
    /// Post (职务).
    pub post: String,
    /// Number of the enforcement certificate (执法证号); empty: none.
    pub certificate: String,
    /// First and last day of the certificate's validity, `2026-05-01`.
    pub valid_from: Option<String>,
    pub valid_until: Option<String>,
    /// In the order given, each once.
    pub roles: Vec<String>,
    /// The duty phone that contact cards name; empty: none.
    pub phone: String,
    /// When the member left.
    pub removed_at: Option<i64>,
    pub changed: ChangedAt,
}

/// When what contact cards print of a member last changed: milliseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChangedAt {
    pub phone: i64,
    /// Name, post or certificate.
    pub facts: i64,
}

/// What is to be changed of an officer; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct OfficerChange {
    pub name: Option<String>,
    pub post: Option<String>,
    pub certificate: Option<String>,
    pub valid_from: Option<String>,
    pub valid_until: Option<String>,
    pub roles: Option<Vec<String>>,
    pub phone: Option<String>,
}

impl Officer {
    pub(crate) fn read(row: &Row) -> Result<Officer> {
        Ok(Officer {
            person: row.parse("person")?,
            name: row.get("name")?,
            post: row.get("post")?,
            certificate: row.get("certificate")?,
            valid_from: row.get("valid_from")?,
            valid_until: row.get("valid_until")?,
            roles: row
                .get::<String>("roles")?
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            phone: row.get("phone")?,
            removed_at: row.get("removed_at")?,
            changed: ChangedAt {
                phone: row.get("phone_changed_at")?,
                facts: row.get("facts_changed_at")?,
            },
        })
    }

    /// Everyone who is or was a member, by code.
    pub async fn list(db: &Db, station: &StationId) -> Result<Vec<Officer>> {
        Station::get(db, station).await?;
        db.fetch_all(sql!("officer_list"), args![station])
            .await?
            .iter()
            .map(Officer::read)
            .collect()
    }

    /// A present member.
    pub async fn get(tx: &mut Tx, station: &StationId, person: &PersonId) -> Result<Officer> {
        Self::find(tx, station, person)
            .await?
            .filter(|officer| officer.removed_at.is_none())
            .ok_or_else(|| Error::OfficerUnknown {
                station: station.clone(),
                person: person.clone(),
            })
    }

    /// A present or former member.
    pub async fn find(
        tx: &mut Tx,
        station: &StationId,
        person: &PersonId,
    ) -> Result<Option<Officer>> {
        let row = tx
            .fetch_opt(sql!("officer_get"), args![station, person])
            .await?;
        row.as_ref().map(Officer::read).transpose()
    }

    /// Takes a member in. Somebody who left before comes back under the same code.
    pub async fn add(&self, tx: &mut Tx, station: &StationId, clock: &Clock) -> Result<()> {
        Station::lock(tx, station).await?;
        match Self::find(tx, station, &self.person).await? {
            Some(Officer {
                removed_at: None, ..
            }) => {
                let (station, person) = (station.clone(), self.person.clone());
                Err(Error::OfficerExists { station, person })
            }
            Some(before) => self.update(tx, station, &before, clock).await,
            None => {
                let now = clock.now_ms();
                tx.exec(
                    sql!("officer_insert"),
                    args![
                        station,
                        &self.person,
                        &self.name,
                        &self.post,
                        &self.certificate,
                        self.valid_from.as_deref(),
                        self.valid_until.as_deref(),
                        &self.roles.join(" "),
                        now,
                        now,
                        None::<i64>,
                        &self.phone,
                        now,
                        now
                    ],
                )
                .await?;
                Ok(())
            }
        }
    }

    pub async fn change(
        tx: &mut Tx,
        station: &StationId,
        person: &PersonId,
        change: OfficerChange,
        clock: &Clock,
    ) -> Result<()> {
        Station::lock(tx, station).await?;
        let old = Self::get(tx, station, person).await?;
        let before = old.clone();
        let new = Officer {
            person: old.person,
            name: change.name.unwrap_or(old.name),
            post: change.post.unwrap_or(old.post),
            certificate: change.certificate.unwrap_or(old.certificate),
            valid_from: change.valid_from.or(old.valid_from),
            valid_until: change.valid_until.or(old.valid_until),
            roles: change.roles.unwrap_or(old.roles),
            phone: change.phone.unwrap_or(old.phone),
            removed_at: None,
            changed: old.changed,
        };
        new.update(tx, station, &before, clock).await
    }

    async fn update(
        &self,
        tx: &mut Tx,
        station: &StationId,
        before: &Officer,
        clock: &Clock,
    ) -> Result<()> {
        let now = clock.now_ms();
        let changed = self.changed_since(before, now);
        tx.exec(
            sql!("officer_update"),
            args![
                station,
                &self.person,
                &self.name,
                &self.post,
                &self.certificate,
                self.valid_from.as_deref(),
                self.valid_until.as_deref(),
                &self.roles.join(" "),
                now,
                &self.phone,
                changed.phone,
                changed.facts
            ],
        )
        .await?;
        Ok(())
    }

    fn changed_since(&self, before: &Officer, now: i64) -> ChangedAt {
        let facts = |o: &Officer| (o.name.clone(), o.post.clone(), o.certificate.clone());
        ChangedAt {
            phone: match self.phone == before.phone {
                true => before.changed.phone,
                false => now,
            },
            facts: match facts(self) == facts(before) {
                true => before.changed.facts,
                false => now,
            },
        }
    }

    /// Ends a membership; devices and join codes that were not used end with it.
    pub async fn remove(
        tx: &mut Tx,
        station: &StationId,
        person: &PersonId,
        clock: &Clock,
    ) -> Result<()> {
        Station::lock(tx, station).await?;
        Self::get(tx, station, person).await?;
        let now = clock.now_ms();
        tx.exec(sql!("officer_remove"), args![station, person, now])
            .await?;
        tx.exec(sql!("device_remove_of"), args![station, person])
            .await?;
        tx.exec(sql!("invite_withdraw"), args![station, person, now])
            .await?;
        Ok(())
    }
}
