//! `/s/{station}/books/{book}.csv`, `/s/{station}/lists/{list}.csv`, `.jsonl`, `.xlsx` and
//! `/s/{station}/records.jsonl`, `.geojson`: books, lists and records as files, masked as the pages
//! are.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use sync_core::book::Period;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};

use super::book::{Asked, unknown};
use super::reader::Reader;
use super::station::Shown;
use crate::error::{Error, Result};
use crate::export::{self, Format, List, ListWanted, RecordFormat, Wanted};
use crate::http::App;
use crate::read_tx;

/// The book's name and the form that its suffix asks for.
pub fn form_of(name: &str) -> (&str, Option<Format>) {
    for form in [Format::Csv, Format::Jsonl, Format::Xlsx] {
        let stem = name.strip_suffix(form.suffix());
        if let Some(name) = stem.and_then(|stem| stem.strip_suffix('.')) {
            return (name, Some(form));
        }
    }
    (name, None)
}

/// A book as a file: the page of the day or month that is asked for, or all of a register.
pub async fn book(
    app: Arc<App>,
    reader: Reader,
    station: String,
    name: String,
    format: Format,
) -> Result<Response> {
    made(async move |mut file| {
        let now = app.clock.now_ms();
        let out = &mut file;
        let name = read_tx!(app.db, "export_book", async |tx| {
            let shown = Shown::with(tx, &app.known, &station).await?;
            let books = &shown.catalogue().books;
            let book = books.get(&name).filter(|book| book.has_pages());
            let book = book.ok_or_else(|| unknown(&shown, &name))?;
            let (period, days) = match Asked::of(tx, &reader, &shown, book, now).await?.period {
                Period::Day(day) => (Some(day.clone()), Some((day.clone(), day))),
                Period::Month(month) => {
                    let days = (format!("{month}-01"), format!("{month}-31"));
                    (Some(month), Some(days))
                }
                Period::All => (None, None),
            };
            let wanted = Wanted {
                book: &name,
                from: days.as_ref().map(|days| days.0.as_str()),
                to: days.as_ref().map(|days| days.1.as_str()),
                format,
                language: reader.catalogue_language(),
                masked: true,
                now,
            };
            begin_again(out)?;
            export::book_of(tx, &shown, &wanted, BufWriter::new(&mut *out)).await?;
            let period = period.map_or_else(String::new, |period| format!("-{period}"));
            Ok(format!("{name}{period}-masked.{}", format.suffix()))
        })
        .await?;
        Ok((file, name, format.media_type()))
    })
    .await
}

/// The addresses of a list as a file, with what narrows its page down.
#[derive(Debug)]
pub struct Files {
    pub xlsx: String,
    pub csv: String,
    pub jsonl: String,
}

impl Files {
    pub fn of(reader: &Reader, station: &Shown, list: List) -> Files {
        Files::with(reader, station, list, &reader.filters().collect::<Vec<_>>())
    }

    pub fn with(reader: &Reader, station: &Shown, list: List, params: &[(&str, &str)]) -> Files {
        let path = format!("{}/lists/{}", station.path(), list.word());
        let file = |format: Format| {
            let path = format!("{path}.{}", format.suffix());
            reader.file(&path, params.iter().copied())
        };
        Files {
            xlsx: file(Format::Xlsx),
            csv: file(Format::Csv),
            jsonl: file(Format::Jsonl),
        }
    }
}

/// A list as a file: all of it that passes the filters of its page.
pub async fn list(
    State(app): State<Arc<App>>,
    Path((station, name)): Path<(String, String)>,
    reader: Reader,
) -> Result<Response> {
    let (word, format) = form_of(&name);
    let (Some(list), Some(format)) = (List::from_word(word), format) else {
        return Err(Error::NoSuchRoute);
    };
    made(async move |mut file| {
        let wanted = ListWanted {
            list,
            format,
            masked: true,
            now: app.clock.now_ms(),
        };
        let out = &mut file;
        read_tx!(app.db, "export_list", async |tx| {
            let shown = Shown::with(tx, &app.known, &station).await?;
            begin_again(out)?;
            let out = BufWriter::new(&mut *out);
            export::list_of(tx, &app.known, &shown, &reader, wanted, out).await
        })
        .await?;
        let masked = if list.is_personal() { "-masked" } else { "" };
        let name = format!(
            "{station}-{word}{masked}.{}",
            format.suffix(),
            word = list.word()
        );
        Ok((file, name, format.media_type()))
    })
    .await
}

/// Every record of a station, one a line.
pub async fn records_jsonl(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
) -> Result<Response> {
    records(app, station, RecordFormat::Jsonl).await
}

/// Every record of a station that says where, on a map.
pub async fn records_geojson(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
) -> Result<Response> {
    records(app, station, RecordFormat::GeoJson).await
}

async fn records(app: Arc<App>, station: String, format: RecordFormat) -> Result<Response> {
    made(async move |mut file| {
        let out = &mut file;
        read_tx!(app.db, "export_records", async |tx| {
            let shown = Shown::with(tx, &app.known, &station).await?;
            begin_again(out)?;
            let out = BufWriter::new(&mut *out);
            export::records_of(tx, &shown, format, true, out).await
        })
        .await?;
        let name = format!("{station}-records-masked.{}", format.suffix());
        Ok((file, name, format.media_type()))
    })
    .await
}

/// A transaction may be begun again, and then so is what was written in it.
fn begin_again(file: &mut File) -> Result<()> {
    file.set_len(0)
        .and_then(|()| file.rewind())
        .map_err(Error::of_export)
}

/// Files that are made at the same time; the next one waits.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Makes a file beside the threads that serve, and answers with it once it is whole: whoever
/// reads slowly keeps no transaction open, and what fails is a problem and no file cut short.
async fn made<M, F>(make: M) -> Result<Response>
where
    M: FnOnce(File) -> F + Send + 'static,
    F: Future<Output = Result<(File, String, &'static str)>>,
{
    let turn = AT_ONCE.acquire().await.map_err(|_| Error::Page)?;
    let runtime = Handle::current();
    let made = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let file = tempfile::tempfile().map_err(Error::of_export)?;
        let (mut file, name, kind) = runtime.block_on(make(file))?;
        let size = file.stream_position().map_err(Error::of_export)?;
        file.rewind().map_err(Error::of_export)?;
        Ok::<_, Error>((file, name, kind, size))
    });
    let (file, name, kind, size) = made.await.map_err(|_| Error::Panicked)??;
    let mut response = Response::new(Body::new(Sent::begin(file, size)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// A file on its way: two pieces of it are in memory at most.
struct Sent {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
}

const PIECE: usize = 64 * 1024;

impl Sent {
    fn begin(mut file: File, size: u64) -> Sent {
        let (send, pieces) = mpsc::channel(1);
        tokio::task::spawn_blocking(move || {
            loop {
                let mut piece = vec![0; PIECE];
                let read = file.read(&mut piece).map(|size| {
                    piece.truncate(size);
                    Bytes::from(piece)
                });
                let goes_on = read.as_ref().is_ok_and(|piece| !piece.is_empty());
                let at_end = read.as_ref().is_ok_and(Bytes::is_empty);
                if at_end || send.blocking_send(read).is_err() || !goes_on {
                    return;
                }
            }
        });
        Sent { pieces, left: size }
    }
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let piece = std::task::ready!(self.pieces.poll_recv(context));
        if let Some(Ok(piece)) = &piece {
            self.left = self.left.saturating_sub(piece.len() as u64);
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
