//! What the books make of a record: what they strike through in it, and where it stands in them.

use sync_core::book::{Amendment, Line};
use sync_core::catalogue::PageBy;
use sync_core::envelope::Number;

use super::{BookLink, Desk};
use crate::pages::ink::Ink;
use crate::pages::sheet::AmendedNote;

impl Desk<'_> {
    /// What the books strike through, each once.
    pub(super) fn amendments(&self, lines: &[Line]) -> Vec<AmendedNote> {
        let language = self.setter.reader.catalogue_language();
        let mut seen: Vec<(Ink, &Amendment)> = Vec::new();
        for line in lines {
            let book = self.setter.station.catalogue().books.get(&line.book);
            for amendment in line
                .marks
                .amended
                .iter()
                .filter(|amendment| amendment.replaces())
            {
                let column = book.and_then(|book| book.column(&amendment.column));
                let label = column.map_or(amendment.column.as_str(), |column| {
                    column.label.get(language)
                });
                let label = Ink::label(label);
                if !seen
                    .iter()
                    .any(|(known, one)| *known == label && one.at == amendment.at)
                {
                    seen.push((label, amendment));
                }
            }
        }
        seen.into_iter()
            .map(|(label, amendment)| self.setter.amended(label, amendment))
            .collect()
    }

    /// Where it stands in the books: on the page of its day, month or number.
    pub(super) fn books(&self, lines: &[Line], numbers: &[Number]) -> Vec<BookLink> {
        let (reader, station) = (self.setter.reader, self.setter.station);
        let mut links: Vec<BookLink> = Vec::new();
        for line in lines {
            let Some(book) = station.catalogue().books.get(&line.book) else {
                continue;
            };
            let day = line.day.as_deref().unwrap_or_default();
            let number = numbers.iter().find(|number| number.book == line.book);
            let asks = match (book.page, number) {
                (PageBy::Day, _) => ("day", day),
                (PageBy::Month, _) => ("month", day.get(..7).unwrap_or_default()),
                (PageBy::Sequence | PageBy::Nothing, Some(number)) => {
                    ("number", number.text.as_str())
                }
                (PageBy::Sequence | PageBy::Nothing, None) => ("number", ""),
            };
            let href = reader.to_with(&station.book_path(&book.name), &[asks]);
            if !links.iter().any(|known| known.href == href) {
                links.push(BookLink {
                    label: Ink::label(book.label.get(reader.catalogue_language())),
                    href,
                });
            }
        }
        links
    }
}
