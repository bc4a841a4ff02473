//! An officer's phone: what is written on it, and how it meets others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ffi::form::Given;
use ffi::http::Client;
use ffi::{Clock, Doing, Phone, PhoneError, Saved, SyncWish};
use jiff::civil::Date;
use sync_core::fieldbook::Deed;
use sync_core::ids::{PersonId, RecordId};
use sync_core::record::write::Edit;

use super::failure::{failed, misfit};
use super::forge::Forgery;
use super::scenario::{self, Change, Create, Forge, Officer, Settle, Write};
use crate::error::{Error, Result};

/// The records that were made, by the names the scenario gives them.
pub type Made = BTreeMap<String, String>;

#[derive(Debug)]
pub struct Carried {
    pub person: PersonId,
    pub phone: Phone,
    client: Client,
    folder: PathBuf,
    /// Milliseconds by which its clock is wrong.
    wrong: i64,
}

impl Carried {
    /// A new phone that joins with a code.
    pub fn join(
        officer: &Officer,
        folder: &Path,
        server: &str,
        code: &str,
        now: i64,
    ) -> Result<Carried> {
        let doing = || format!("joining {}", officer.name);
        let folder = folder.join(officer.code.as_str());
        let phone = Phone::open(&folder, Clock::default());
        let client = Client::new(server).map_err(PhoneError::from);
        let mut carried = Carried {
            person: officer.code.clone(),
            phone: phone.map_err(failed(doing()))?,
            client: client.map_err(failed(doing()))?,
            folder,
            wrong: officer.clock_minutes * 60_000,
        };
        carried.set_clock(now);
        let joined = carried
            .phone
            .join(&carried.client, code, None, &officer.device);
        joined.map_err(failed(doing()))?;
        Ok(carried)
    }

    /// It is `now` by the station's clock; the phone's own is as wrong as ever.
    pub fn set_clock(&mut self, now: i64) {
        self.phone.set_clock(now.saturating_add(self.wrong));
    }

    pub fn create(&mut self, create: &Create, day: Date, made: &mut Made) -> Result<()> {
        let doing = Doing::Create {
            kind: create.kind.clone(),
            external_id: None,
            words: words(&create.words, day, made)?,
            steps: create.steps.clone(),
        };
        let saved = self.phone.record(doing);
        let saved = saved.map_err(failed(format!("saving {}", create.name)))?;
        if let Some(record) = saved.records.first() {
            made.insert(create.name.clone(), record.to_string());
        }
        Ok(())
    }

    pub fn change(&mut self, change: &Change, day: Date, made: &Made) -> Result<Saved> {
        let doing = format!("writing to {}", change.record);
        let record = self.record(&change.record, made)?;
        let words = words(&change.words, day, made)?;
        let mut doings = Vec::new();
        if !words.is_empty() {
            doings.push(Doing::Edit {
                record,
                words,
                reason: change.reason.clone(),
            });
        }
        doings.extend(change.steps.iter().map(|step| Doing::Step {
            record,
            step: step.clone(),
            note: change.note.clone(),
        }));
        self.phone.act(&doings, None).map_err(failed(doing))
    }

    /// Saves what the program lets it, and exchanges that in the store for what it would not.
    /// The phone is closed meanwhile, so it is another one afterwards.
    pub fn tampered(mut self, forge: &Forge, day: Date, made: &Made) -> Result<Carried> {
        let doing = || format!("tampering with {}", forge.record);
        let cover = Change {
            record: forge.record.clone(),
            words: forge.words.clone(),
            steps: Vec::new(),
            note: None,
            reason: None,
        };
        let saved = self.change(&cover, day, made)?;
        let record = self.record(&forge.record, made)?;
        let (membership, catalogue) = (self.phone.membership(), self.phone.catalogue());
        let (membership, catalogue) = (
            membership.map_err(failed(doing()))?,
            catalogue.map_err(failed(doing()))?,
        );
        let now = self.phone.now();
        drop(self.phone);
        let forgery = Forgery {
            station: &membership.station,
            act: saved.act,
            record,
            signed_as: &forge.signed_as,
            step: &forge.step,
            note: forge.note.as_deref(),
        };
        forgery.commit(&self.folder, &catalogue)?;
        let phone = Phone::open(&self.folder, Clock::default());
        let mut phone = phone.map_err(failed(doing()))?;
        phone.set_clock(now);
        Ok(Carried { phone, ..self })
    }

    pub fn write(&mut self, write: &Write, made: &Made) -> Result<()> {
        let doing = || format!("writing to {} of {}", write.field, write.record);
        let record = self.record(&write.record, made)?;
        let view = self.phone.view(record).map_err(failed(doing()))?;
        let text = view.texts.get(&write.field);
        let text = text.map_or("", |text| text.text.as_str());
        let before = match &write.after {
            None => text,
            Some(words) => match text.find(words.as_str()) {
                Some(at) => &text[..at + words.len()],
                None => return Err(absent(words)),
            },
        };
        let edits = vec![Edit::Splice {
            field: write.field.clone(),
            at: before.encode_utf16().count(),
            delete: 0,
            insert: write.text.clone(),
        }];
        let deed = Deed::Change { record, edits };
        self.phone.save(vec![deed], None).map_err(failed(doing()))?;
        Ok(())
    }

    pub fn settle(&mut self, settle: &Settle, day: Date, made: &Made) -> Result<()> {
        let record = self.record(&settle.record, made)?;
        for word in words(std::slice::from_ref(&settle.word), day, made)? {
            let settled = self.phone.record(Doing::Settle { record, word });
            settled.map_err(failed(format!("settling {}", settle.record)))?;
        }
        Ok(())
    }

    /// A record by its name in the scenario. The phone must have it by now.
    fn record(&self, name: &str, made: &Made) -> Result<RecordId> {
        let id = made.get(name).ok_or_else(|| absent(name))?;
        let doing = format!("looking for {name} on the phone of {}", self.person);
        self.phone.find(id).map_err(failed(doing))
    }

    /// Sends and fetches all there is, until the server has judged what was sent.
    pub fn sync(&mut self) -> Result<()> {
        let wish = SyncWish {
            wait_registered: true,
            wait_ms: None,
        };
        let synced = self.phone.sync(&self.client, wish);
        synced.map_err(failed(format!("syncing {}", self.person)))?;
        Ok(())
    }

    /// Hands over both ways.
    pub fn meet(&mut self, other: &mut Carried) -> Result<()> {
        let mut meet = || {
            let mut message = self.phone.offer()?;
            loop {
                message = other.phone.answer(&message)?;
                let (taken, third) = self.phone.absorb(&message)?;
                if let Some(third) = third {
                    other.phone.absorb(&third)?;
                }
                if !taken.more {
                    return Ok(());
                }
                message = self.phone.offer()?;
            }
        };
        meet().map_err(failed(format!("{} meeting {}", self.person, other.person)))
    }
}

fn words(given: &[String], day: Date, made: &Made) -> Result<Vec<Given>> {
    let word = |word: &String| {
        let filled = scenario::fill(word, day, made).and_then(|word| Given::split(&word));
        filled.ok_or_else(|| absent(word))
    };
    given.iter().map(word).collect()
}

pub fn absent(word: &str) -> Error {
    misfit(
        format!("reading {word}"),
        "the scenario names what is not there",
    )
}
