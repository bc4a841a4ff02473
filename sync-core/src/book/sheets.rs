//! Does each number of a block of forms stand once, and belong to it?

use std::collections::BTreeMap;

use super::{PageCell, Said};
use crate::catalogue::{Column, Fold, block};

/// Marks the numbers that a person has to look into: one that stands twice (two phones under one
/// name, a copied store, used though void), and one that the block does not hold.
pub(super) fn mark(columns: &[Column], block: Option<&str>, cells: &mut [PageCell]) {
    if !columns.iter().any(|column| column.fold == Fold::Sheets) {
        return;
    }
    let sheets = block.map(block::sheets);
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for cell in of_sheets(columns, cells) {
        for part in cell.parts.iter().filter(|part| !part.struck) {
            *seen.entry(part.text.zh.clone()).or_default() += 1;
        }
    }
    for cell in of_sheets(columns, cells) {
        let mut is_marked = false;
        for part in cell.parts.iter_mut().filter(|part| !part.struck) {
            let no = part.text.zh.as_str();
            let is_twice = seen.get(no).is_some_and(|times| *times > 1);
            let is_foreign = sheets
                .as_ref()
                .is_some_and(|sheets| !sheets.iter().any(|one| one == no));
            for (is, zh, en) in [
                (is_twice, "(重号)", " (stands twice)"),
                (is_foreign, "(不属本号段)", " (not of this block)"),
            ] {
                if is {
                    is_marked = true;
                    part.text = Said {
                        zh: format!("{}{zh}", part.text.zh),
                        en: format!("{}{en}", part.text.en),
                    };
                }
            }
        }
        if is_marked {
            cell.conflict = true;
            cell.join();
        }
    }
}

fn of_sheets<'c>(
    columns: &'c [Column],
    cells: &'c mut [PageCell],
) -> impl Iterator<Item = &'c mut PageCell> {
    let pairs = columns.iter().zip(cells);
    let pairs = pairs.filter(|(column, _)| column.fold == Fold::Sheets);
    pairs.map(|(_, cell)| cell)
}
