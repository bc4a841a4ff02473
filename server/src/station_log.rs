//! The station log as its one writer holds it: whoever has locked the station's row appends what
//! was judged and what the server itself says, and moves the tree on.

use sync_core::envelope::merkle::CompactRange;
use sync_core::envelope::{
    Act, Draft, Entry, Envelope, HeldAct, SignedHead, SoftKey, Statement, TreeHead, codec, header,
};
use sync_core::ids::{Hash, StationId};

use crate::clock::Clock;
use crate::datadir::DataDir;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::station::Station;
use crate::{args, sql};

/// What one envelope of the server carries before it is packed, and how many acts or statements:
/// less than an envelope may be long, so that it always closes. Only an act larger than this goes
/// alone.
const MAX_PLAIN: usize = 192 * 1024;
const MAX_ITEMS: usize = 1000;

/// An envelope's state in its table.
pub mod state {
    pub const WAITING: i64 = 0;
    pub const ENTERED: i64 = 1;
}

#[derive(Debug)]
pub struct StationLog<'t> {
    pub tx: &'t mut Tx,
    pub station: Station,
    pub key: SoftKey,
    /// Milliseconds since 1970 by the server's clock.
    pub now: i64,
    range: CompactRange,
}

impl<'t> StationLog<'t> {
    /// Locks the station until the transaction ends.
    pub async fn open(
        tx: &'t mut Tx,
        id: &StationId,
        data: &DataDir,
        clock: &Clock,
    ) -> Result<StationLog<'t>> {
        let station = Station::lock(tx, id).await?;
        Ok(StationLog {
            key: data.key(id)?,
            now: clock.now_ms(),
            range: range(&station)?,
            station,
            tx,
        })
    }

    /// Appends a received envelope as it was judged.
    pub async fn append(
        &mut self,
        envelope: &Envelope,
        received_at: i64,
        held: Vec<HeldAct>,
        whole: bool,
    ) -> Result<Entry> {
        let entry = self.entry(envelope, received_at, held, whole);
        let (device, seq) = (&envelope.body.device, envelope.body.seq);
        let waited = self
            .tx
            .exec(
                sql!("envelope_admit"),
                args![&self.station.id, device, seq, entry.index, state::ENTERED],
            )
            .await?;
        if waited != 1 {
            return Err(Error::Damaged("inbox"));
        }
        self.store(&entry).await?;
        Ok(entry)
    }

    /// Appends what the server itself says, in as many envelopes as it takes: the acts, then the
    /// statements. An act has the number that [`StationLog::next_act`] gave it. Tells for each act
    /// the index of its entry.
    pub async fn say(&mut self, acts: Vec<Act>, statements: Vec<Statement>) -> Result<Vec<u64>> {
        let mut packing = Packing::default();
        let places: Vec<u64> = acts.iter().map(|act| packing.put_act(act)).collect();
        let spoken: Vec<u64> = statements
            .iter()
            .map(|said| packing.put(codec::to_bytes(said).len()))
            .collect();
        let (mut acts, mut statements) = (acts.as_slice(), statements.as_slice());
        let first = self.next_entry();
        for envelope in 0..packing.envelopes() {
            let until = |places: &[u64]| places.partition_point(|place| *place <= envelope);
            let said = until(&places) - (places.len() - acts.len());
            let stated = until(&spoken) - (spoken.len() - statements.len());
            let (now, later) = (acts.split_at(said), statements.split_at(stated));
            self.say_once(now.0, later.0).await?;
            (acts, statements) = (now.1, later.1);
        }
        Ok(places.iter().map(|place| first + place).collect())
    }

    async fn say_once(&mut self, acts: &[Act], statements: &[Statement]) -> Result<u64> {
        let draft = Draft {
            station: self.station.id.clone(),
            device: self.station.server_device,
            seq: self.station.server_seq + 1,
            prev: self.station.server_prev,
            epoch: self.station.epoch,
            // Its place in the log is behind everything that it rests on.
            needs: Vec::new(),
            beacon: None,
            made_at: self.now,
            mono: 0,
            sheet_root: Hash::ZERO,
        };
        let unsigned = header::close(draft, acts, statements).map_err(Error::CannotClose)?;
        let sig = self.key.sign(&unsigned.sign_bytes());
        let envelope = unsigned
            .signed(sig)
            .map_err(|_| Error::Damaged("server key"))?;
        let entry = self.entry(&envelope, self.now, Vec::new(), false);
        self.station.server_seq += 1;
        self.station.server_prev = envelope.hash();
        self.station.arrivals += 1;
        let (hash, bytes) = (envelope.hash(), envelope.to_bytes());
        self.tx
            .exec(
                sql!("envelope_insert"),
                args![
                    &self.station.id,
                    &envelope.body.device,
                    envelope.body.seq,
                    &hash,
                    &bytes,
                    self.now,
                    self.station.arrivals,
                    Some(entry.index),
                    state::ENTERED
                ],
            )
            .await?;
        self.store(&entry).await?;
        Ok(entry.index)
    }

    /// The number of the server's next act.
    pub fn next_act(&mut self) -> u64 {
        self.station.server_acts += 1;
        self.station.server_acts
    }

    /// The number of the server's next record.
    pub fn next_record(&mut self) -> u64 {
        self.station.server_records += 1;
        self.station.server_records
    }

    /// The index that the next entry will have.
    pub fn next_entry(&self) -> u64 {
        self.station.entries
    }

    /// Writes down how far the log has come.
    pub async fn close(self) -> Result<()> {
        let station = &self.station;
        let (range, root) = (codec::to_bytes(&self.range), self.range.root());
        self.tx
            .exec(
                sql!("station_advance"),
                args![
                    &station.id,
                    station.entries,
                    &range,
                    &root,
                    station.epoch.lineage,
                    station.epoch.n,
                    station.server_seq,
                    &station.server_prev,
                    station.server_acts,
                    station.server_records,
                    station.arrivals
                ],
            )
            .await?;
        Ok(())
    }

    fn entry(
        &self,
        envelope: &Envelope,
        received_at: i64,
        held: Vec<HeldAct>,
        whole: bool,
    ) -> Entry {
        Entry {
            index: self.station.entries,
            envelope: envelope.hash(),
            device: envelope.body.device,
            seq: envelope.body.seq,
            received_at,
            held,
            whole,
        }
    }

    async fn store(&mut self, entry: &Entry) -> Result<()> {
        self.range.append(entry.leaf());
        let root = self.range.root();
        let bytes = entry.to_bytes();
        self.tx
            .exec(
                sql!("entry_insert"),
                args![
                    &self.station.id,
                    entry.index,
                    &entry.envelope,
                    &entry.device,
                    entry.seq,
                    entry.received_at,
                    &bytes,
                    &root
                ],
            )
            .await?;
        self.station.entries += 1;
        Ok(())
    }
}

/// Into which of the server's envelopes things go that it says at once, in their order: known
/// before anything is said, because an act is judged with the entry in which it will stand.
#[derive(Debug, Clone, Default)]
pub struct Packing {
    /// The envelope that is being filled, from 0.
    envelope: u64,
    items: usize,
    bytes: usize,
}

impl Packing {
    /// Puts an act behind what is there, and says into which envelope, from 0.
    pub fn put_act(&mut self, act: &Act) -> u64 {
        self.put(act_size(act))
    }

    fn put(&mut self, size: usize) -> u64 {
        let full = self.items == MAX_ITEMS || self.bytes + size > MAX_PLAIN;
        if full && self.items > 0 {
            self.envelope += 1;
            (self.items, self.bytes) = (0, 0);
        }
        self.items += 1;
        self.bytes += size;
        self.envelope
    }

    fn envelopes(&self) -> u64 {
        match self.items {
            0 => 0,
            _ => self.envelope + 1,
        }
    }
}

fn act_size(act: &Act) -> usize {
    let changes = act.parts.iter().map(|part| part.change.len() + 64);
    changes.sum::<usize>() + 128
}

fn range(station: &Station) -> Result<CompactRange> {
    if station.range.is_empty() {
        return Ok(CompactRange::default());
    }
    codec::from_bytes(&station.range).map_err(|_| Error::Damaged("station"))
}

/// The head of a station's tree, signed.
pub fn signed_head(station: &Station, key: &SoftKey, now: i64) -> Result<SignedHead> {
    let root = range(station)?.root();
    let (lineage, index) = (station.epoch.lineage, station.entries);
    Ok(SignedHead::by(
        key,
        TreeHead {
            lineage,
            index,
            root,
            time: now,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_are_filled_in_order_and_what_is_too_large_goes_alone() {
        let mut packing = Packing::default();
        assert_eq!(packing.envelopes(), 0);
        let sizes = [MAX_PLAIN / 2, MAX_PLAIN / 2, 1, MAX_PLAIN * 2, 5];
        let places = sizes.map(|size| packing.put(size));
        assert_eq!(places, [0, 0, 1, 2, 3]);
        assert_eq!(packing.envelopes(), 4);
        let mut many = Packing::default();
        let places: Vec<u64> = (0..=MAX_ITEMS).map(|_| many.put(1)).collect();
        assert_eq!((places[MAX_ITEMS - 1], places[MAX_ITEMS]), (0, 1));
    }
}
