//! What of a station rarely changes and every request, page and batch asks for: its key, its
//! charter, its catalogues. Kept in memory, read again when the epoch that the station's row names
//! has moved on; so another replica's charter is seen with the row that came with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use sync_core::book::Station as BookStation;
use sync_core::catalogue::Catalogue;
use sync_core::envelope::sign::in_domain;
use sync_core::envelope::{Charter, SoftKey};
use sync_core::ids::{Epoch, Hash, StationId};
use sync_core::sync::{Nonce, nonce};

use crate::charter::{self, Catalogues};
use crate::datadir::DataDir;
use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::station::Station;
use crate::{args, read_tx, sql};

/// A charter with what answers carry of it.
#[derive(Debug)]
pub struct Holding {
    pub charter: Arc<Charter>,
    /// The canonical bytes of every delta, in order.
    pub deltas: Vec<(Epoch, Vec<u8>)>,
    /// The hash and the bundle of the catalogue that holds.
    pub catalogue: Hash,
    pub bundle: Vec<u8>,
    /// All that the station has had, read: old envelopes are judged by the old ones.
    pub catalogues: Catalogues,
    /// What records and books are read with: the newest of both.
    pub books: BookStation,
}

impl Holding {
    /// What a phone that holds the charter of `epoch` lacks.
    pub fn deltas_after(&self, epoch: Option<Epoch>) -> impl Iterator<Item = &Vec<u8>> {
        self.deltas
            .iter()
            .filter(move |(of, _)| epoch.is_none_or(|epoch| *of > epoch))
            .map(|(_, bytes)| bytes)
    }
}

/// What the server signs with in a station.
#[derive(Debug)]
pub struct Signer {
    pub key: SoftKey,
    nonce_key: [u8; 32],
}

impl Signer {
    fn new(key: SoftKey) -> Signer {
        // Signatures of this key are deterministic and this one never leaves, so all replicas
        // share it without having to agree on it.
        let secret = key.sign(&in_domain("wardbook nonce key", &[]));
        Signer {
            nonce_key: Hash::of(&secret).0,
            key,
        }
    }

    pub fn nonce(&self, now: i64) -> Nonce {
        nonce::issue(&self.nonce_key, now)
    }

    /// A request of these 30 days; an older one is told today's nonce.
    pub fn check(&self, given: &Nonce, now: i64) -> Result<()> {
        match nonce::valid(&self.nonce_key, given, now) {
            true => Ok(()),
            false => Err(Error::NonceStale {
                fresh: self.nonce(now),
            }),
        }
    }
}

#[derive(Debug, Default)]
pub struct Known {
    signers: Mutex<BTreeMap<StationId, Arc<Signer>>>,
    holdings: Mutex<BTreeMap<StationId, Arc<Holding>>>,
    /// A catalogue's hash names its bytes for ever, so stations share what they have read: each
    /// stays as long as a station has it.
    catalogues: Mutex<BTreeMap<Hash, Weak<Catalogue>>>,
}

impl Known {
    pub fn signer(&self, station: &StationId, data: &DataDir) -> Result<Arc<Signer>> {
        if let Some(signer) = lock(&self.signers).get(station) {
            return Ok(signer.clone());
        }
        let signer = Arc::new(Signer::new(data.key(station)?));
        lock(&self.signers).insert(station.clone(), signer.clone());
        Ok(signer)
    }

    /// The charter that holds in the station, as its row names it.
    pub async fn holding(&self, station: &Station, db: &Db) -> Result<Arc<Holding>> {
        if let Some(holding) = self.kept(station) {
            return Ok(holding);
        }
        let holding = read_tx!(*db, "charter", async |tx| self.read(tx, &station.id).await).await?;
        Ok(self.keep(&station.id, holding))
    }

    /// The same where the station's row was read in a transaction that only reads.
    pub async fn holding_in(&self, station: &Station, tx: &mut Tx) -> Result<Arc<Holding>> {
        if let Some(holding) = self.kept(station) {
            return Ok(holding);
        }
        let holding = self.read(tx, &station.id).await?;
        Ok(self.keep(&station.id, holding))
    }

    fn kept(&self, station: &Station) -> Option<Arc<Holding>> {
        let holdings = lock(&self.holdings);
        let holding = holdings.get(&station.id)?;
        (holding.charter.newest() == Some(station.epoch)).then(|| holding.clone())
    }

    /// A transaction that began earlier does not take the place of what a later one has read.
    fn keep(&self, station: &StationId, holding: Holding) -> Arc<Holding> {
        let holding = Arc::new(holding);
        let mut holdings = lock(&self.holdings);
        let newer = holdings
            .get(station)
            .is_some_and(|kept| kept.charter.newest() > holding.charter.newest());
        if !newer {
            holdings.insert(station.clone(), holding.clone());
        }
        holding
    }

    async fn read(&self, tx: &mut Tx, station: &StationId) -> Result<Holding> {
        let rows = tx.fetch_all(sql!("charter_list"), args![station]).await?;
        let charter = charter::read(&rows)?;
        let hash = charter.now().ok_or(Error::Damaged("charter"))?.catalogue();
        let mut catalogues = Catalogues::new();
        let mut bundle = None;
        for row in tx.fetch_all(sql!("catalogue_list"), args![station]).await? {
            let (of, bytes) = (Hash(row.bytes("hash")?), row.get::<Vec<u8>>("bundle")?);
            catalogues.insert(of, self.catalogue(of, &bytes)?);
            if of == hash {
                bundle = Some(bytes);
            }
        }
        let deltas = rows.iter().map(|row| {
            let epoch = Epoch {
                lineage: u32::try_from(row.count("lineage")?).unwrap_or(u32::MAX),
                n: row.count("n")?,
            };
            Ok((epoch, row.get("delta")?))
        });
        Ok(Holding {
            deltas: deltas.collect::<Result<_>>()?,
            catalogue: hash,
            bundle: bundle.ok_or(Error::Damaged("catalogue"))?,
            books: BookStation::new(&charter, charter::newest_catalogue(&charter, &catalogues)?),
            charter: Arc::new(charter),
            catalogues,
        })
    }

    fn catalogue(&self, hash: Hash, bundle: &[u8]) -> Result<Arc<Catalogue>> {
        if let Some(known) = lock(&self.catalogues).get(&hash).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let catalogue = Arc::new(charter::read_catalogue(bundle)?);
        let mut catalogues = lock(&self.catalogues);
        catalogues.retain(|_, kept| kept.strong_count() > 0);
        catalogues.insert(hash, Arc::downgrade(&catalogue));
        Ok(catalogue)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
