//! A book's whole period, for its files.

use sync_core::book::{self, Page, Period};
use sync_core::catalogue::Book;

use super::ask::Asked;
use super::find::{facts, line};
use crate::db::Tx;
use crate::error::Result;
use crate::pages::reader::Reader;
use crate::pages::station::Shown;
use crate::{args, sql};

pub async fn whole(
    tx: &mut Tx,
    reader: &Reader,
    shown: &Shown,
    book: &Book,
    now: i64,
) -> Result<Page> {
    let period = Asked::of(tx, reader, shown, book, now).await?.period;
    let (id, name) = (&shown.id, &book.name);
    let rows = match &period {
        Period::All => tx.fetch_all(sql!("line_by_book"), args![id, name]).await?,
        Period::Day(day) => {
            let days = args![id, name, day, day];
            tx.fetch_all(sql!("line_by_day"), days).await?
        }
        Period::Month(month) => {
            let (from, until) = (format!("{month}-01"), format!("{month}-31"));
            let days = args![id, name, &from, &until];
            tx.fetch_all(sql!("line_by_day"), days).await?
        }
    };
    let lines = rows.iter().map(line).collect::<Result<Vec<_>>>()?;
    let facts = facts(tx, shown, &lines, period, now).await?;
    Ok(book::page(book, &lines, &facts).masked())
}
