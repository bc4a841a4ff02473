//! What of a station rarely changes and every request and every batch asks for: its key, its
//! charter, its catalogues. Kept in memory, read again when the epoch that the station's row names
//! has moved on; so another replica's charter is seen with the row that came with it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use sync_core::catalogue::Catalogue;
use sync_core::envelope::sign::in_domain;
use sync_core::envelope::{Charter, SoftKey};
use sync_core::ids::{Epoch, Hash, StationId};
use sync_core::sync::{Nonce, nonce};

use crate::charter::{self, Catalogues};
use crate::datadir::DataDir;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::station::Station;
use crate::{args, read_tx, sql};

/// A charter with what answers carry of it.
#[derive(Debug)]
pub struct Holding {
    pub charter: Charter,
    /// The canonical bytes of every delta, in order.
    pub deltas: Vec<(Epoch, Vec<u8>)>,
    /// The hash and the bundle of the catalogue that holds.
    pub catalogue: Hash,
    pub bundle: Vec<u8>,
    /// All that the station has had, read: old envelopes are judged by the old ones.
    pub catalogues: Catalogues,
}

impl Holding {
    /// The catalogue that holds now.
    pub fn newest_catalogue(&self) -> Option<Arc<Catalogue>> {
        self.catalogues.get(&self.catalogue).cloned()
    }

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
    /// Most stations of a city have one catalogue: a thousand of them keep it once.
    shared: Mutex<BTreeMap<Hash, Weak<Catalogue>>>,
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
        let kept = lock(&self.holdings).get(&station.id).cloned();
        if let Some(holding) = &kept
            && holding.charter.newest() == Some(station.epoch)
        {
            return Ok(holding.clone());
        }
        let known = kept.map(|kept| kept.catalogues.clone());
        let holding = Arc::new(
            self.read(db, &station.id, known.unwrap_or_default())
                .await?,
        );
        lock(&self.holdings).insert(station.id.clone(), holding.clone());
        Ok(holding)
    }

    /// A catalogue's hash names its bytes for ever: those that are known are not read again.
    fn catalogue(&self, hash: Hash, bundle: &[u8]) -> Result<Arc<Catalogue>> {
        if let Some(known) = lock(&self.shared).get(&hash).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let read = Arc::new(charter::read_catalogue(bundle)?);
        let mut shared = lock(&self.shared);
        shared.retain(|_, kept| kept.strong_count() > 0);
        shared.insert(hash, Arc::downgrade(&read));
        Ok(read)
    }

    async fn read(
        &self,
        db: &Db,
        station: &StationId,
        mut catalogues: Catalogues,
    ) -> Result<Holding> {
        let (rows, charter, bundles) = read_tx!(*db, "charter", async |tx| {
            let rows = tx.fetch_all(sql!("charter_list"), args![station]).await?;
            let charter = charter::read(&rows)?;
            let bundles = tx.fetch_all(sql!("catalogue_list"), args![station]).await?;
            Ok((rows, charter, bundles))
        })
        .await?;
        let hash = charter.now().ok_or(Error::Damaged("charter"))?.catalogue();
        let mut newest = None;
        for row in &bundles {
            let (of, bundle) = (Hash(row.bytes("hash")?), row.get::<Vec<u8>>("bundle")?);
            if let Entry::Vacant(place) = catalogues.entry(of) {
                place.insert(self.catalogue(of, &bundle)?);
            }
            if of == hash {
                newest = Some(bundle);
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
            bundle: newest.ok_or(Error::Damaged("catalogue"))?,
            charter,
            catalogues,
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
