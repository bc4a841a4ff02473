//! What one input reads and writes: the host's table with the batch laid over it.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::door::{Loaded, Needs, Write};
use super::refusal::Refusal;
use crate::envelope::codec::{from_newer, to_bytes};

/// Why the work on an input ends early.
#[derive(Debug)]
pub enum Stop {
    /// Something was not read yet: it stands in the batch's needs.
    Missing,
    Refused(Refusal),
}

impl<R: Into<Refusal>> From<R> for Stop {
    fn from(refusal: R) -> Stop {
        Stop::Refused(refusal.into())
    }
}

#[derive(Debug)]
pub struct Batch<'a> {
    loaded: &'a Loaded,
    writes: BTreeMap<String, Option<Vec<u8>>>,
    needs: Needs,
}

impl<'a> Batch<'a> {
    pub fn new(loaded: &'a Loaded) -> Batch<'a> {
        Batch {
            loaded,
            writes: BTreeMap::new(),
            needs: Needs::default(),
        }
    }

    /// Notes a key that will be read, so that many are asked for at once.
    pub fn want(&mut self, key: &str) {
        let known = self.writes.contains_key(key) || self.loaded.get(key).is_some();
        if !known && !self.needs.keys.iter().any(|wanted| wanted == key) {
            self.needs.keys.push(key.to_owned());
        }
    }

    pub fn want_prefix(&mut self, prefix: &str) {
        let known = self.loaded.scan(prefix).is_some();
        if !known && !self.needs.prefixes.iter().any(|wanted| wanted == prefix) {
            self.needs.prefixes.push(prefix.to_owned());
        }
    }

    /// Ends the work here if anything that was wanted is not there.
    pub fn ready(&self) -> Result<(), Stop> {
        if self.needs.is_empty() {
            Ok(())
        } else {
            Err(Stop::Missing)
        }
    }

    pub fn bytes(&mut self, key: &str) -> Result<Option<&[u8]>, Stop> {
        self.want(key);
        self.ready()?;
        match self.writes.get(key) {
            Some(written) => Ok(written.as_deref()),
            None => Ok(self.loaded.get(key).flatten()),
        }
    }

    pub fn get<T: for<'b> Decode<'b, ()>>(&mut self, key: &str) -> Result<Option<T>, Stop> {
        self.bytes(key)?.map(|bytes| read(key, bytes)).transpose()
    }

    /// Everything under a prefix, in the order of keys.
    pub fn scan<T: for<'b> Decode<'b, ()>>(
        &mut self,
        prefix: &str,
    ) -> Result<Vec<(String, T)>, Stop> {
        self.want_prefix(prefix);
        self.ready()?;
        let mut found: BTreeMap<&str, &[u8]> =
            self.loaded.scan(prefix).into_iter().flatten().collect();
        let over = self.writes.range(prefix.to_owned()..);
        for (key, value) in over.take_while(|(key, _)| key.starts_with(prefix)) {
            match value {
                Some(value) => found.insert(key, value),
                None => found.remove(key.as_str()),
            };
        }
        found
            .into_iter()
            .map(|(key, bytes)| Ok((key.to_owned(), read(key, bytes)?)))
            .collect()
    }

    pub fn put<T: Encode<()>>(&mut self, key: String, value: &T) {
        self.writes.insert(key, Some(to_bytes(value)));
    }

    pub fn put_bytes(&mut self, key: String, value: Vec<u8>) {
        self.writes.insert(key, Some(value));
    }

    pub fn delete(&mut self, key: String) {
        self.writes.insert(key, None);
    }

    pub fn into_needs(self) -> Needs {
        self.needs
    }

    pub fn into_writes(self) -> Vec<Write> {
        let write = |(key, value)| match value {
            Some(value) => Write::Put { key, value },
            None => Write::Delete { key },
        };
        self.writes.into_iter().map(write).collect()
    }
}

fn read<T: for<'b> Decode<'b, ()>>(key: &str, bytes: &[u8]) -> Result<T, Stop> {
    from_newer(bytes).map_err(|bad| {
        Stop::Refused(Refusal::Store {
            key: key.to_owned(),
            why: bad.to_string(),
        })
    })
}
