//! `/c/{code}`: the card that a code on a wall means, and `/c/{code}/photo`.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::path::{ErrorKind, Path};
use axum::extract::rejection::PathRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use tokio::sync::Semaphore;

use super::view::{self, Form};
use crate::card::read::Place;
use crate::card::{Card, Code, State as CardState};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::http::App;
use crate::pages::Reader;
use crate::{args, read_tx, sql};

/// Cards that take each other's place are followed this far.
const MOST_SUCCESSORS: usize = 8;

/// Anybody may ask, and each answer reads a day's records: readers of cards wait for each other
/// here, so that phones do not wait for them.
const AT_ONCE: usize = 8;
static ROOM: Semaphore = Semaphore::const_new(AT_ONCE);

type Asked = Result<Path<String>, PathRejection>;

pub async fn card(State(app): State<Arc<App>>, reader: Reader, code: Asked) -> Response {
    let form = match reader.param("print") {
        Some("card") => Form::Card,
        Some("notice") => Form::Notice,
        Some(_) | None => Form::Screen,
    };
    let (status, html) = match drawn(&app, &reader, code, form).await {
        Ok(html) => (StatusCode::OK, html),
        Err(Error::CardUnknown { .. }) => (StatusCode::NOT_FOUND, view::unknown(&reader)),
        Err(error) => {
            tracing::error!(error = error.chain(), "a card could not be shown");
            (StatusCode::SERVICE_UNAVAILABLE, view::failed(&reader))
        }
    };
    let mut response = (status, Html(html)).into_response();
    let language = HeaderValue::from_static(reader.language.tag());
    response.headers_mut().insert(CONTENT_LANGUAGE, language);
    if !status.is_success() {
        let none = HeaderValue::from_static("no-store");
        response.headers_mut().insert(CACHE_CONTROL, none);
    }
    response
}

async fn drawn(app: &App, reader: &Reader, code: Asked, form: Form) -> Result<String> {
    let code = asked(code)?;
    let _place = ROOM.acquire().await.map_err(|_| Error::IntakeBusy)?;
    let now = app.clock.now_ms();
    read_tx!(app.db, "card", async |tx| {
        let (station, record) = code.find(tx).await?;
        let place = Place::read(tx, &app.known, &station, now).await?;
        let card = place.card(tx, code.clone(), record).await?;
        match card.standing.state {
            CardState::Draft | CardState::Approved => view::not_posted(reader),
            CardState::Withdrawn => view::withdrawn(reader, &place, &card),
            CardState::Replaced => {
                let newest = newest(tx, &place, card).await?;
                view::replaced(reader, &place, &newest)
            }
            CardState::Posted | CardState::Stale => match form {
                Form::Screen => {
                    let today = place.today(tx, &card).await?;
                    view::screen(reader, &place, &card, today.as_ref())
                }
                Form::Card | Form::Notice => {
                    let photo = card.content.photo.map(|_| view::photo_path(&card));
                    view::print(reader.language, &place, &card, form, photo)
                }
            },
        }
    })
    .await
}

fn asked(code: Asked) -> Result<Code> {
    let unknown = || Error::RequestMalformed { what: "the code" };
    match code {
        Ok(Path(text)) => Code::parse(&text).ok_or(Error::CardUnknown { code: None }),
        Err(PathRejection::FailedToDeserializePathParams(failed)) => match failed.kind() {
            ErrorKind::InvalidUtf8InPathParam { .. } => Err(Error::CardUnknown { code: None }),
            _ => Err(unknown()),
        },
        Err(_) => Err(unknown()),
    }
}

/// The last card in a row of replacements, if it may be shown; else the one that was asked for.
async fn newest(tx: &mut Tx, place: &Place, asked: Card) -> Result<Card> {
    let mut card = asked;
    for _ in 0..MOST_SUCCESSORS {
        if card.standing.state != CardState::Replaced {
            break;
        }
        match place.successor(tx, &card).await? {
            Some(next) => card = next,
            None => break,
        }
    }
    Ok(card)
}

/// The photo on a card that hangs somewhere.
pub async fn photo(State(app): State<Arc<App>>, code: Asked) -> Result<Response> {
    let nothing = || Error::NoSuchRoute;
    let code = asked(code).map_err(|_| nothing())?;
    let _place = ROOM.acquire().await.map_err(|_| Error::IntakeBusy)?;
    let now = app.clock.now_ms();
    let row = read_tx!(app.db, "card_photo", async |tx| {
        let (station, record) = code.find(tx).await.map_err(|_| nothing())?;
        let place = Place::read(tx, &app.known, &station, now).await?;
        let card = place.card(tx, code.clone(), record).await?;
        let shown = matches!(card.standing.state, CardState::Posted | CardState::Stale);
        let hash = card.content.photo.filter(|_| shown).ok_or_else(nothing)?;
        tx.fetch_opt(sql!("card_photo_get"), args![&station, &hash])
            .await
    })
    .await?
    .ok_or_else(nothing)?;
    // Written by the program alone, and one of two.
    let mime = match row.get::<String>("mime")?.as_str() {
        "image/png" => "image/png",
        _ => "image/jpeg",
    };
    let headers = [
        (CONTENT_TYPE, mime),
        (CACHE_CONTROL, "public, max-age=86400"),
    ];
    Ok((headers, row.get::<Vec<u8>>("bytes")?).into_response())
}
