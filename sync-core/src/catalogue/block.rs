//! Pre-numbered forms (号段): which numbers a block holds, and where a record keeps what became of
//! them.

use super::{Book, Catalogue, Field, FieldType, Kind};

/// The numbers of one block. Those that were given count on it, so it never changes.
pub const SHEETS: u64 = 25;

/// The table of the numbers that were used, and its cells.
pub const USED: &str = "used";
pub const NO: &str = "no";
pub const RECORD: &str = "record";
/// The table of the numbers that are void, each with its reason.
pub const VOIDED: &str = "voided";
pub const REASON: &str = "reason";

/// What stands between the first number of a block and the last.
const DASH: char = '—';

/// The numbers of the `n`th block of a year.
pub(super) fn range(n: u64, width: usize) -> String {
    let first = n.saturating_sub(1).saturating_mul(SHEETS).saturating_add(1);
    let last = n.saturating_mul(SHEETS);
    format!("{first:0width$}{DASH}{last:0width$}")
}

/// The number of every sheet of a block, in order, from the block's own number as it is printed;
/// none where that is no range.
pub fn sheets(block: &str) -> Vec<String> {
    let dashes = block.match_indices(DASH).rev();
    let found = dashes.map(|(at, dash)| (&block[..at], &block[at + dash.len()..]));
    let mut ranges = found.filter_map(|(before, after)| {
        let first = before.trim_start_matches(|c: char| !c.is_ascii_digit());
        let first = first.rsplit(|c: char| !c.is_ascii_digit()).next()?;
        let last = after.split(|c: char| !c.is_ascii_digit()).next()?;
        let (from, until): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        let is_block = until.checked_sub(from)? == SHEETS - 1;
        let before = &before[..before.len() - first.len()];
        is_block.then(|| (before, &after[last.len()..], from, until, first.len()))
    });
    let Some((before, after, from, until, width)) = ranges.next() else {
        return Vec::new();
    };
    let numbers = from..=until;
    numbers
        .map(|n| format!("{before}{n:0width$}{after}"))
        .collect()
}

impl Catalogue {
    /// The book that numbers a kind whose records are blocks of numbers; none of any other kind.
    pub fn blocks_of(&self, kind: &str) -> Option<&Book> {
        let is_kind = self.kinds.get(kind).is_some_and(holds_numbers);
        let mut books = self.books.values();
        books.find(|book| {
            let number = book.number.as_ref();
            is_kind && book.source(kind).is_some() && number.is_some_and(|rule| rule.is_of_blocks())
        })
    }

    /// The kinds whose records are blocks of numbers.
    pub fn block_kinds(&self) -> impl Iterator<Item = &Kind> {
        let kinds = self.kinds.values();
        kinds.filter(|kind| self.blocks_of(&kind.name).is_some())
    }
}

fn holds_numbers(kind: &Kind) -> bool {
    let has = |table: &str, cell: &str, ty: FieldType| {
        let cell = kind.field(table).and_then(|table| table.cell(cell));
        cell.is_some_and(|cell: &Field| cell.ty == ty)
    };
    has(USED, NO, FieldType::Text)
        && has(USED, RECORD, FieldType::Record)
        && has(VOIDED, NO, FieldType::Text)
        && has(VOIDED, REASON, FieldType::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cases_decided_on_the_spot_draw_on_blocks_of_the_register() {
        let catalogue = Catalogue::embedded();
        let draws = catalogue.kinds["case"].step("on_spot_decided").unwrap();
        let field = &draws.draws.as_ref().unwrap().block;
        let blocks = catalogue.kinds["case"].field(field).unwrap();
        let book = catalogue.blocks_of(blocks.links.as_deref().unwrap());
        assert_eq!(book.unwrap().name, "R11");
        assert_eq!(catalogue.blocks_of("case"), None);
    }

    #[test]
    fn what_is_no_range_has_no_sheets() {
        for text in [
            "",
            "—",
            "1—",
            "—25",
            "1—24",
            "25—1",
            "a1—25b",
            "9—18446744073709551616",
        ] {
            let sheets = sheets(text);
            assert!(sheets.is_empty() || text == "a1—25b", "{text}: {sheets:?}");
        }
        assert_eq!(sheets("a1—25b")[24], "a25b");
        assert_eq!(range(u64::MAX, 6), format!("{}—{}", u64::MAX, u64::MAX));
    }
}
