//! How an error is answered over HTTP and told on the terminal: the one place that maps it.
//!
//! A handler returns `Result<_, Error>`. The response it turns into carries the error; [`answer`]
//! writes the body once the request's language and id are known, and logs it, once.

use std::sync::Arc;

use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use serde::Serialize;
use sync_core::fieldbook::Refusal;

use crate::error::{DemoCause, Error};
use crate::messages::{Language, Message};
use crate::pages::{self, Reader};
use crate::resident;

/// The body of an `application/problem+json` answer (RFC 9457 and members of ours).
#[derive(Debug, Serialize)]
struct Problem<'a> {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    what_was_kept: String,
    what_to_do: String,
    request_id: &'a str,
    /// With `nonce_stale`: 20 bytes in hexadecimal, to sign the request with again.
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    /// With `envelopes_turned_away`: which of the request, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    envelopes: Vec<TurnedAway<'a>>,
}

#[derive(Debug, Serialize)]
struct TurnedAway<'a> {
    /// Its place in the request, from 0.
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    envelope: Option<String>,
    code: &'a str,
    detail: &'a str,
}

impl<'a> TurnedAway<'a> {
    fn of(error: &'a Error) -> Vec<TurnedAway<'a>> {
        let Error::TurnedAway(refused) = error else {
            return Vec::new();
        };
        let told = refused.iter().map(|refused| TurnedAway {
            index: refused.index,
            envelope: refused.envelope.map(|hash| hash.to_string()),
            code: refused.code,
            detail: &refused.detail,
        });
        told.collect()
    }
}

fn fresh_nonce(error: &Error) -> Option<String> {
    match error {
        Error::NonceStale { fresh } => Some(HEXLOWER.encode(&fresh.0)),
        _ => None,
    }
}

impl Error {
    /// The problem's code (a key of the message files, the end of its `type`) and HTTP status.
    pub fn problem(&self) -> (&'static str, StatusCode) {
        match self {
            Error::Database { .. } if self.is_disk_full() => {
                ("disk_full", StatusCode::INSUFFICIENT_STORAGE)
            }
            Error::Database { .. } if self.is_database_away() => {
                ("database_away", StatusCode::SERVICE_UNAVAILABLE)
            }
            Error::Database { .. } if self.may_be_tried_again() => {
                ("database_busy", StatusCode::SERVICE_UNAVAILABLE)
            }
            Error::Database { .. } | Error::FailurePassedOver { .. } => {
                ("database_failed", StatusCode::INTERNAL_SERVER_ERROR)
            }
            Error::StoredValue { .. } | Error::Damaged(_) | Error::CannotClose(_) => {
                ("stored_value", StatusCode::INTERNAL_SERVER_ERROR)
            }
            Error::IntakeBusy => ("intake_busy", StatusCode::SERVICE_UNAVAILABLE),
            Error::LogFilter { .. } => ("log_filter", StatusCode::INTERNAL_SERVER_ERROR),
            Error::StoreMissing { .. } => ("store_missing", StatusCode::INTERNAL_SERVER_ERROR),
            Error::StoreEmpty => ("store_empty", StatusCode::INTERNAL_SERVER_ERROR),
            Error::StoreNewer { .. } => ("store_newer", StatusCode::INTERNAL_SERVER_ERROR),
            Error::File { .. } => ("file_failed", StatusCode::INTERNAL_SERVER_ERROR),
            Error::BadKey { .. } => ("bad_key", StatusCode::INTERNAL_SERVER_ERROR),
            Error::KeyMissing { .. } => ("key_missing", StatusCode::INTERNAL_SERVER_ERROR),
            Error::StationUnknown(_) => ("station_unknown", StatusCode::NOT_FOUND),
            Error::StationExists(_) => ("station_exists", StatusCode::CONFLICT),
            Error::OfficerUnknown { .. } => ("officer_unknown", StatusCode::NOT_FOUND),
            Error::OfficerExists { .. } => ("officer_exists", StatusCode::CONFLICT),
            Error::RoleNotHeld { .. } => ("role_not_held", StatusCode::CONFLICT),
            Error::Name(_) => ("bad_name", StatusCode::BAD_REQUEST),
            Error::InviteUnknown => ("invite_unknown", StatusCode::FORBIDDEN),
            Error::InviteUsed => ("invite_used", StatusCode::CONFLICT),
            Error::InviteExpired => ("invite_expired", StatusCode::GONE),
            Error::InviteSpent => ("invite_spent", StatusCode::CONFLICT),
            Error::InviteElsewhere => ("invite_elsewhere", StatusCode::GONE),
            Error::PhoneOutdated => ("phone_outdated", StatusCode::UPGRADE_REQUIRED),
            Error::CatalogueMistakes(_) => {
                ("catalogue_mistakes", StatusCode::INTERNAL_SERVER_ERROR)
            }
            Error::Differs { .. } => ("store_differs", StatusCode::INTERNAL_SERVER_ERROR),
            Error::Broken { .. } => ("store_broken", StatusCode::INTERNAL_SERVER_ERROR),
            Error::ImportLine { .. } => ("import_line", StatusCode::BAD_REQUEST),
            Error::BookUnknown { .. } => ("book_unknown", StatusCode::NOT_FOUND),
            Error::PeriodWrong => ("period_wrong", StatusCode::BAD_REQUEST),
            Error::NothingMeasured => ("nothing_measured", StatusCode::NOT_FOUND),
            Error::RequestMalformed { .. } => ("request_malformed", StatusCode::BAD_REQUEST),
            Error::SignatureWrong => ("signature_wrong", StatusCode::FORBIDDEN),
            Error::DeviceUnknown => ("device_unknown", StatusCode::FORBIDDEN),
            Error::DeviceRemoved => ("device_removed", StatusCode::FORBIDDEN),
            Error::DeviceTaken => ("device_taken", StatusCode::CONFLICT),
            Error::NonceStale { .. } => ("nonce_stale", StatusCode::UNAUTHORIZED),
            Error::BadSeen { .. } => ("bad_seen", StatusCode::CONFLICT),
            Error::DeliveryTooLarge { .. } => ("delivery_too_large", StatusCode::PAYLOAD_TOO_LARGE),
            Error::TurnedAway(_) => ("envelopes_turned_away", StatusCode::UNPROCESSABLE_ENTITY),
            Error::RecordUnknown(_) => ("record_unknown", StatusCode::NOT_FOUND),
            Error::RecordNotFound { .. } => ("record_not_found", StatusCode::NOT_FOUND),
            Error::RecordAmbiguous { .. } => ("record_ambiguous", StatusCode::CONFLICT),
            Error::NotWritten { .. } => ("not_written", StatusCode::CONFLICT),
            Error::Refused(_) => ("step_not_ready", StatusCode::CONFLICT),
            Error::CardUnknown { .. } => ("card_unknown", StatusCode::NOT_FOUND),
            Error::CardRefused { .. } => ("card_refused", StatusCode::CONFLICT),
            Error::PhotoRefused { .. } => ("photo_refused", StatusCode::BAD_REQUEST),
            Error::CardAddressMissing(_) => ("card_address_missing", StatusCode::CONFLICT),
            Error::PortInUse { .. } => ("port_in_use", StatusCode::INTERNAL_SERVER_ERROR),
            Error::Listen { .. } => ("listen_failed", StatusCode::INTERNAL_SERVER_ERROR),
            Error::ConsoleNotLoopback { .. } => {
                ("console_not_loopback", StatusCode::INTERNAL_SERVER_ERROR)
            }
            Error::ConsoleForeignHost => ("console_foreign_host", StatusCode::MISDIRECTED_REQUEST),
            Error::Demo { cause, .. } => match cause {
                DemoCause::DiskFull => ("demo_disk_full", StatusCode::INTERNAL_SERVER_ERROR),
                DemoCause::Files => ("demo_files", StatusCode::INTERNAL_SERVER_ERROR),
                DemoCause::Network => ("demo_network", StatusCode::INTERNAL_SERVER_ERROR),
                DemoCause::Scenario => ("demo_failed", StatusCode::INTERNAL_SERVER_ERROR),
            },
            Error::DemoDiffers { .. } => ("demo_differs", StatusCode::INTERNAL_SERVER_ERROR),
            Error::NoSuchRoute => ("no_such_route", StatusCode::NOT_FOUND),
            Error::MethodNotAllowed => ("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED),
            Error::BodyTooLarge { .. } => ("body_too_large", StatusCode::PAYLOAD_TOO_LARGE),
            Error::BodyTooSlow { .. } => ("body_too_slow", StatusCode::REQUEST_TIMEOUT),
            Error::BodyCut => ("body_cut", StatusCode::BAD_REQUEST),
            Error::Page => ("page_failed", StatusCode::INTERNAL_SERVER_ERROR),
            Error::Panicked => ("panicked", StatusCode::INTERNAL_SERVER_ERROR),
            Error::Runtime { .. } => ("runtime_failed", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// What the terminal says: one line, what went wrong and what to do.
    pub fn terminal_line(&self, language: Language) -> String {
        let message = language.problem(self.problem().0);
        let said = match (self, language) {
            // The catalogue says it in both languages.
            (Error::Refused(Refusal::StepGuard { step, otherwise }), Language::Zh) => {
                format!("{step}: {}", otherwise.zh)
            }
            (error, _) => error.chain(),
        };
        match language {
            Language::En => format!("{said}. {}", message.todo),
            Language::Zh => format!("{}({said})。{}", message.title, message.todo),
        }
    }
}

/// Whom a listener faces, and so whose page of a problem its readers get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// The station's own people.
    Console,
    /// Anybody, who is told nothing of a console.
    Public,
}

impl Face {
    fn page(self, reader: &Reader, message: &Message, request_id: &str) -> Option<String> {
        match self {
            Face::Console => pages::problem::html(reader, message, request_id),
            Face::Public => resident::problem(reader, message, request_id),
        }
    }

    fn head(self, headers: &mut HeaderMap) {
        match self {
            Face::Console => pages::problem::head(headers),
            Face::Public => resident::problem_head(headers),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.problem().1.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Writes the body of a response that carries an error, and logs the error. A reader gets a page
/// of it, everybody else `application/problem+json`.
pub fn answer(
    response: Response,
    language: Language,
    request_id: &str,
    reader: Option<(&Reader, Face)>,
) -> Response {
    let Some(error) = response.extensions().get::<Arc<Error>>().cloned() else {
        return response;
    };
    let (code, status) = error.problem();
    if status.is_server_error() {
        tracing::error!(code, error = error.chain(), "request failed");
    } else {
        tracing::info!(code, "request refused");
    }
    metrics::counter!("wardbook_problems_total", "code" => code).increment(1);
    let message = language.problem(code);
    // A failure of ours is told without its inner workings; the log has them under this id.
    let detail = match status.is_server_error() {
        true => message.title.clone(),
        false => error.to_string(),
    };
    if let Some((reader, face)) = reader
        && let Some(html) = face.page(reader, &message, request_id)
    {
        let (mut parts, _) = response.into_parts();
        face.head(&mut parts.headers);
        return Response::from_parts(parts, html.into());
    }
    let problem = Problem {
        r#type: format!("urn:wardbook:problem:{code}"),
        detail,
        title: message.title,
        status: status.as_u16(),
        what_was_kept: message.kept,
        what_to_do: message.todo,
        request_id,
        nonce: fresh_nonce(&error),
        envelopes: TurnedAway::of(&error),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    parts
        .headers
        .insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        parts
            .headers
            .insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    Response::from_parts(parts, body.into())
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn every_problem_has_a_message_and_every_message_a_problem() {
        // A long pair stands on lines of its own, so the file is read without its spaces.
        let source: String = include_str!("problem.rs").split_whitespace().collect();
        let mut codes: Vec<&str> = source
            .split("(\"")
            .filter_map(|rest| rest.split_once("\",StatusCode::"))
            .map(|(code, _)| code)
            .collect();
        // The last one found is this test's own pattern.
        codes.retain(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        codes.sort();
        assert_eq!(codes, Language::En.problem_codes().collect::<Vec<_>>());
    }
}
