//! A phone that somebody tampers with. Its own program would not save what it is made to send:
//! so the act is saved honestly, and before it is sent the bytes in the phone's store are
//! exchanged for others. The phone then closes, signs and sends them like any.

use std::path::Path;

use ffi::{Keys, PhoneError, Store};
use sync_core::catalogue::Catalogue;
use sync_core::envelope::Act;
use sync_core::envelope::codec::{from_bytes, from_newer, to_bytes};
use sync_core::fieldbook::rows::{self, ActRow, ChangeRow};
use sync_core::ids::{ActId, PersonId, RecordId, StationId};
use sync_core::record::change::Decoded;
use sync_core::record::history::History;
use sync_core::record::view::View;
use sync_core::record::write::{self, Edit, Pen};

use super::failure::{failed, misfit};
use crate::error::Result;

/// What takes the place of an act that the phone has saved, and not sent.
#[derive(Debug)]
pub struct Forgery<'a> {
    pub station: &'a StationId,
    pub act: ActId,
    pub record: RecordId,
    /// Whose name it bears instead of the phone's owner.
    pub signed_as: &'a PersonId,
    pub step: &'a str,
    pub note: Option<&'a str>,
}

/// The rows of the store in which the act and its change lie.
struct Forged {
    act: Vec<u8>,
    change_key: String,
    change: Vec<u8>,
}

impl Forgery<'_> {
    /// Writes it into the store in the folder. No phone may have that open.
    pub fn commit(&self, folder: &Path, catalogue: &Catalogue) -> Result<()> {
        let doing = || format!("tampering with act {}", self.act);
        let keys = Keys::of(folder).map_err(PhoneError::from);
        let keys = keys.map_err(failed(doing()))?;
        let store = Store::open(folder, folder, &keys.store).map_err(PhoneError::from);
        let mut store = store.map_err(failed(doing()))?;
        let stored = store.scan(&rows::changes_prefix(self.record));
        let stored = stored.map_err(PhoneError::from).map_err(failed(doing()))?;
        let act_key = rows::act_key(self.act.n);
        let row = store.get(&act_key).map_err(PhoneError::from);
        let row = row.map_err(failed(doing()))?.unwrap_or_default();
        let forged = self
            .forged(catalogue, &row, &stored)
            .map_err(|why| misfit(doing(), why))?;
        let batch = [
            (act_key.as_str(), Some(forged.act.as_slice())),
            (forged.change_key.as_str(), Some(forged.change.as_slice())),
        ];
        let done = store.commit(batch).map_err(PhoneError::from);
        done.map_err(failed(doing()))
    }

    /// Both rows with the forged bytes in them.
    fn forged(
        &self,
        catalogue: &Catalogue,
        row: &[u8],
        stored: &[(String, Vec<u8>)],
    ) -> std::result::Result<Forged, Box<dyn std::error::Error + Send + Sync>> {
        let row: ActRow = from_newer(row)?;
        let mut act: Act = from_bytes(row.bytes.as_deref().ok_or("it is sent already")?)?;
        let mut history = History::new(self.record);
        let mut own = None;
        for (key, bytes) in stored {
            let change: ChangeRow = from_newer(bytes)?;
            if change.carrier == self.act {
                own = Some((key.clone(), change));
                continue;
            }
            let decoded = Decoded::strict(&change.change)?;
            history.push(decoded, change.change.clone(), change.origin())?;
        }
        let (key, change) = own.ok_or("the record does not hold it")?;
        let part = act.parts.iter_mut().find(|part| part.record == self.record);
        let part = part.ok_or("it is not about that record")?;
        let pen = Pen {
            station: self.station,
            device: self.act.device,
            g: part.g,
            person: self.signed_as,
            at: act.at,
        };
        let step = Edit::Step {
            to: self.step.to_owned(),
            note: self.note.map(str::to_owned),
        };
        let kind = catalogue.kinds.get(&View::of(&history).kind);
        part.change = write::change(&history, kind, &[step], &pen)?;
        let change = ChangeRow {
            change: part.change.clone(),
            ..change
        };
        let row = ActRow {
            bytes: Some(to_bytes(&act)),
            ..row
        };
        Ok(Forged {
            act: to_bytes(&row),
            change_key: key,
            change: to_bytes(&change),
        })
    }
}
