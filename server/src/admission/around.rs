//! What of the store the acts of a batch have to do with.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::envelope::Charter;
use sync_core::gate::desk::records_named;
use sync_core::gate::rewrite::HeldChange;
use sync_core::gate::{Answers, Docket};
use sync_core::ids::{ActId, DeviceId, RecordId, StationId};

use super::anew::{MOVED, Renames};
use super::load::Waiting;
use super::{answers, record};
use crate::db::Tx;
use crate::error::Result;
use crate::{args, sql};

#[derive(Debug, Default)]
pub struct Around {
    pub records: BTreeMap<RecordId, Docket>,
    /// The books in which each record has its number.
    pub numbered: BTreeMap<RecordId, BTreeSet<String>>,
    /// The changes of held acts, in the order of the log.
    pub held: BTreeMap<RecordId, Vec<HeldChange>>,
    pub renames: Renames,
    pub last_act: BTreeMap<DeviceId, u64>,
    pub answers: Answers,
}

impl Around {
    pub async fn load(
        tx: &mut Tx,
        station: &StationId,
        charter: &Charter,
        envelopes: &[Waiting],
    ) -> Result<Around> {
        let mut around = Around::default();
        let (mut acts, mut records) = (Vec::new(), Vec::new());
        for waiting in envelopes {
            let device = waiting.envelope.body.device;
            let Some(frame) = &waiting.frame else {
                continue;
            };
            records.extend(records_named(frame));
            let Some(grant) = charter.ever(device) else {
                continue;
            };
            for act in frame.acts.iter().flatten() {
                acts.push((ActId { device, n: act.n }, grant.person.clone(), act));
            }
        }
        around.answers = answers::load(tx, station, &acts).await?;
        // What is held because its first is in the books goes on where the first is.
        let firsts = around.answers.all().flat_map(|named| &named.places);
        records.extend(firsts.map(|place| place.record));
        while let Some(record) = records.pop() {
            if !around.records.contains_key(&record) {
                records.extend(around.record(tx, station, record).await?);
            }
        }
        let devices: BTreeSet<DeviceId> = envelopes
            .iter()
            .map(|waiting| waiting.envelope.body.device)
            .collect();
        for device in devices {
            let key = args![station, &device];
            if let Some(row) = tx.fetch_opt(sql!("device_get"), key).await? {
                around.last_act.insert(device, row.count("acts")?);
            }
        }
        Ok(around)
    }

    /// Gives the record that this one is in the books, if it was made twice.
    async fn record(
        &mut self,
        tx: &mut Tx,
        station: &StationId,
        record: RecordId,
    ) -> Result<Option<RecordId>> {
        let stored = record::load(tx, station, record).await?;
        let key = args![station, &record];
        let mut renames = BTreeMap::new();
        for row in tx.fetch_all(sql!("rename_of_record"), key).await? {
            renames.insert(row.get("old_name")?, row.get("new_name")?);
        }
        let moved = renames.get(MOVED).and_then(|to: &String| to.parse().ok());
        let numbers = tx.fetch_all(sql!("number_of_record"), key).await?;
        let books = numbers.iter().map(|row| row.get("book"));
        self.numbered.insert(record, books.collect::<Result<_>>()?);
        self.renames.insert(record, renames);
        self.records.insert(record, stored.docket);
        self.held.insert(record, stored.held);
        Ok(moved)
    }
}
