//! How are the columns of lists headed? As on their pages, from the same message files.

use crate::export::words::Words as ExportWords;
use crate::metrics::words::MetricWords;
use crate::pages::words::Words as PageWords;
use crate::pages::{Reader, cards};

#[derive(Debug, Clone, Copy)]
pub struct Labels {
    pub pages: &'static PageWords,
    pub cards: &'static cards::Words,
    pub metrics: &'static MetricWords,
    pub export: &'static ExportWords,
}

impl Labels {
    pub fn of(reader: &Reader) -> Labels {
        Labels {
            pages: reader.words(),
            cards: cards::labels(reader.language),
            metrics: MetricWords::of(reader.language),
            export: ExportWords::of(reader.catalogue_language()),
        }
    }
}
