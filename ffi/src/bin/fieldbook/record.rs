use clap::Args;
use ffi::form::Given;
use ffi::{Doing, Phone, Saved};
use sync_core::fieldbook::Deed;
use sync_core::ids::ActId;
use sync_core::record::write;

use crate::failure::Failure;
use crate::places::{SYNTAX, given};
use crate::say::Say;

#[derive(Debug, Args)]
#[command(after_help = SYNTAX)]
pub struct Record {
    /// The kind of record, such as case or patrol
    kind: String,
    #[arg(value_name = "FIELD=VALUE")]
    words: Vec<String>,
    /// A step to take at once; several are taken in order
    #[arg(long, value_name = "STEP")]
    step: Vec<String>,
    /// The id of the record in another system
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// Another record of the same act, as one word: `KIND field=value; field=value`
    #[arg(long, value_name = "RECORD")]
    and: Vec<String>,
    /// The held act in whose place this one stands, as the tray numbers it
    #[arg(long, value_name = "N")]
    again: Option<u64>,
}

impl Record {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let mut doings = vec![Doing::Create {
            kind: self.kind,
            external_id: self.external_id,
            words: given(&self.words)?,
            steps: self.step,
        }];
        for another in &self.and {
            doings.push(another_record(another)?);
        }
        let again = held(phone, self.again)?;
        let saved = phone.act(&doings, again)?;
        tell(&saved, say);
        Ok(())
    }
}

fn held(phone: &Phone, n: Option<u64>) -> Result<Option<ActId>, Failure> {
    let device = phone.membership()?.device;
    Ok(n.map(|n| ActId { device, n }))
}

fn another_record(text: &str) -> Result<Doing, Failure> {
    let (kind, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let words: Vec<String> = rest
        .split(';')
        .map(|word| word.trim().to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    Ok(Doing::Create {
        kind: kind.to_owned(),
        external_id: None,
        words: given(&words)?,
        steps: Vec::new(),
    })
}

#[derive(Debug, Args)]
#[command(after_help = SYNTAX)]
pub struct Edit {
    /// The beginning of the record's id, or its external id
    record: String,
    #[arg(value_name = "FIELD=VALUE", required = true)]
    words: Vec<String>,
    /// Why, when the record was submitted already
    #[arg(long, value_name = "REASON")]
    because: Option<String>,
    /// The held act in whose place this one stands, as the tray numbers it
    #[arg(long, value_name = "N")]
    again: Option<u64>,
}

impl Edit {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let edit = Doing::Edit {
            record: phone.find(&self.record)?,
            words: given(&self.words)?,
            reason: self.because,
        };
        let again = held(phone, self.again)?;
        let saved = phone.act(&[edit], again)?;
        tell(&saved, say);
        Ok(())
    }
}

#[derive(Debug, Args)]
pub struct Settle {
    /// The beginning of the record's id, or its external id
    record: String,
    /// The value that shall hold
    #[arg(value_name = "FIELD=VALUE")]
    word: String,
}

impl Settle {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let word = Given::split(&self.word).ok_or(Failure::Word(self.word))?;
        let record = phone.find(&self.record)?;
        let saved = phone.record(Doing::Settle { record, word })?;
        tell(&saved, say);
        Ok(())
    }
}

#[derive(Debug, Args)]
pub struct Strike {
    /// The beginning of the record's id, or its external id
    record: String,
    /// Why
    reason: String,
    /// The row or member, such as log[2]; without it, the whole record
    #[arg(long, value_name = "PLACE")]
    at: Option<String>,
}

impl Strike {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let record = phone.find(&self.record)?;
        let target = match &self.at {
            Some(place) => Some(phone.part(record, place)?),
            None => None,
        };
        let reason = self.reason;
        let edits = vec![write::Edit::Remove { target, reason }];
        let saved = phone.save(vec![Deed::Change { record, edits }], None)?;
        tell(&saved, say);
        Ok(())
    }
}

#[derive(Debug, Args)]
pub struct Step {
    /// The beginning of the record's id, or its external id
    record: String,
    /// The step, such as submitted
    step: String,
    note: Option<String>,
}

impl Step {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let saved = phone.record(Doing::Step {
            record: phone.find(&self.record)?,
            step: self.step,
            note: self.note,
        })?;
        tell(&saved, say);
        Ok(())
    }
}

/// The word 已存, the act, and the records it touched.
pub fn tell(saved: &Saved, say: &Say) {
    say.line(&say.text("say", "saved", &[("act", saved.act.to_string())]));
    for record in &saved.records {
        say.line(&record.to_string());
    }
}
