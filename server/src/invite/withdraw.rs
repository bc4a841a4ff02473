//! Which codes were made, and how is one ended that nobody has used?

use sync_core::ids::{Hash, PersonId, StationId};
use sync_core::sync::JoinCode;

use super::known_by;
use crate::clock::Clock;
use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::station::Station;
use crate::{args, sql};

/// A code that was made, as far as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    hash: Hash,
    pub person: PersonId,
    pub role: String,
    pub made_at: i64,
    pub expires_at: i64,
    pub used_at: Option<i64>,
}

impl Invite {
    /// What names it in lists: the code itself is known to whoever holds it.
    pub fn id(&self) -> String {
        self.hash.to_string()[..ID].to_owned()
    }

    pub fn is_open(&self, now: i64) -> bool {
        self.used_at.is_none() && self.expires_at > now
    }

    /// All of a station, in the order in which they were made.
    pub async fn list(db: &Db, station: &StationId) -> Result<Vec<Invite>> {
        Station::get(db, station).await?;
        let rows = db.fetch_all(sql!("invite_list"), args![station]).await?;
        rows.iter()
            .map(|row| {
                Ok(Invite {
                    hash: row.bytes("code_hash").map(Hash)?,
                    person: row.parse("person")?,
                    role: row.get("role")?,
                    made_at: row.get("made_at")?,
                    expires_at: row.get("expires_at")?,
                    used_at: row.get("used_at")?,
                })
            })
            .collect()
    }
}

/// Letters of the id: enough for the codes of one station.
const ID: usize = 12;

/// Ends a code that nobody has used: the code itself as it was printed, or its id.
pub async fn withdraw(
    tx: &mut Tx,
    station: &StationId,
    given: &str,
    clock: &Clock,
) -> Result<PersonId> {
    Station::lock(tx, station).await?;
    let hash = match JoinCode::parse(given) {
        Ok(code) if code.station() == station => known_by(&code.key().public()),
        Ok(_) => return Err(Error::InviteUnknown),
        Err(_) => of_id(tx, station, given.trim()).await?,
    };
    let ended = tx
        .fetch_opt(sql!("invite_end"), args![station, &hash, clock.now_ms()])
        .await?;
    if let Some(row) = ended {
        return row.parse("person");
    }
    match tx
        .fetch_opt(sql!("invite_get"), args![station, &hash])
        .await?
    {
        Some(_) => Err(Error::InviteSpent),
        None => Err(Error::InviteUnknown),
    }
}

async fn of_id(tx: &mut Tx, station: &StationId, id: &str) -> Result<Hash> {
    let rows = tx.fetch_all(sql!("invite_list"), args![station]).await?;
    for row in rows {
        let hash = row.bytes("code_hash").map(Hash)?;
        if id.len() == ID && hash.to_string().starts_with(&id.to_ascii_lowercase()) {
            return Ok(hash);
        }
    }
    Err(Error::InviteUnknown)
}
