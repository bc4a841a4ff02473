//! Which columns of a book show personal values, though the book does not say so.

use std::collections::BTreeSet;

use super::super::expr::{FilterUse, Path};
use super::super::{Catalogue, Column, Expr, Source};

/// A column is as personal as what its expressions read.
pub(super) fn infer(catalogue: &Catalogue, columns: &mut [Column], sources: &[Source]) {
    for column in columns
        .iter_mut()
        .filter(|column| column.personal.is_none())
    {
        let mut read = Vec::new();
        for source in sources {
            let Some(kind) = catalogue.kinds.get(&source.kind) else {
                continue;
            };
            let own = source.cells.get(&column.id).or(column.cell.as_ref());
            let names = own.into_iter().flat_map(|expr| expr.fields());
            let bare = column.field.as_deref().filter(|_| own.is_none());
            for field in names.chain(bare).filter_map(|name| kind.field(name)) {
                read.extend(field.personal);
                let named = own.and_then(|expr| cells_named(expr, &field.name));
                let cells = field.cells.iter().filter(|cell| {
                    named
                        .as_ref()
                        .is_none_or(|named| named.contains(cell.name.as_str()))
                });
                read.extend(cells.filter_map(|cell| cell.personal));
            }
        }
        column.personal = read.first().copied();
        column.personal_in_part = column.personal.is_some();
    }
}

/// The cells of a table that an expression reads; none where it does not name them.
fn cells_named<'e>(expr: &'e Expr, table: &str) -> Option<BTreeSet<&'e str>> {
    let uses = expr.uses();
    let read = uses.fields.iter().filter(|(name, _)| name == table).count();
    let on_it = |filter: &&FilterUse| match &filter.on {
        Some(Path::Field(name)) => name == table && !filter.args.is_empty(),
        Some(_) | None => false,
    };
    let named: Vec<&FilterUse> = uses.filters.iter().filter(on_it).collect();
    let cells = named.iter().flat_map(|filter| &filter.args);
    let cells = cells.map(|(cell, _)| cell.as_str()).collect();
    (named.len() == read).then_some(cells)
}
