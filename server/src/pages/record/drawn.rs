//! Does a record and the block that its number is said to be from tell the same?
//!
//! Only the officer of a block can note in it what a number was used for. Whoever writes a number
//! of somebody else's block has it on their record and not in the block.

use sync_core::catalogue::block::USED;

use super::Desk;
use super::links::{Linked, MAX_SHOWN};
use crate::pages::ink::Ink;
use crate::pages::mark::Mark;
use crate::pages::sheet::SentenceNote;

impl Desk<'_> {
    /// What one of the two says and the other does not.
    pub(super) fn drawn(&self) -> Vec<SentenceNote> {
        let words = self.words();
        let said = |sentence, records: Vec<&Linked>| {
            let titles: Vec<Ink> = records.iter().map(|linked| self.titled(linked)).collect();
            let titles = Ink::joined(&titles, &words.list_between);
            (!records.is_empty()).then(|| SentenceNote {
                mark: Mark::Breach,
                text: Ink::sentence(sentence, &[("records", titles)]),
            })
        };
        // Of a record that so many name, not all are known here.
        if self.links.naming.len() as u64 >= MAX_SHOWN {
            return Vec::new();
        }
        let blocks = self.not_in_its_block();
        let users = self.not_in_this_block();
        [
            said(&words.number_not_drawn, blocks),
            said(&words.block_not_used, users),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The blocks that this record names and that do not name it.
    fn not_in_its_block(&self) -> Vec<&Linked> {
        let steps = self.kind.map_or(&[][..], |kind| &kind.steps).iter();
        let fields: Vec<&str> = steps
            .filter_map(|step| Some(step.draws.as_ref()?.block.as_str()))
            .collect();
        let named = self.links.named.iter();
        let blocks = named.filter(|linked| fields.contains(&linked.field.as_str()));
        let names_it = |block: &&Linked| {
            let mut naming = self.links.naming.iter();
            naming.any(|back| back.record == block.record && back.field == USED)
        };
        blocks.filter(|block| !names_it(block)).collect()
    }

    /// The records that name this one as their block and that it does not name.
    fn not_in_this_block(&self) -> Vec<&Linked> {
        let catalogue = self.setter.station.catalogue();
        let draws_on = |linked: &&Linked| {
            let kind = catalogue.kinds.get(&linked.kind);
            let steps = kind.map_or(&[][..], |kind| &kind.steps);
            let mut draws = steps.iter().filter_map(|step| step.draws.as_ref());
            draws.any(|draws| draws.block == linked.field)
        };
        let is_noted = |user: &&Linked| {
            let mut named = self.links.named.iter();
            named.any(|own| own.record == user.record && own.field == USED)
        };
        let users = self.links.naming.iter().filter(draws_on);
        users.filter(|user| !is_noted(user)).collect()
    }
}
