//! The one list of routes: what phones reach, what the console answers, what operators ask.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use super::room::Room;
use super::{App, body, loopback, ops, phones, trace};
use crate::error::Error;
use crate::problem::Face;
use crate::{pages, resident};

/// For `--listen`, where it is not the console's as well.
pub fn sync(app: Arc<App>) -> Router {
    surround(public_routes().merge(health_routes()), app, Face::Public)
}

/// For `--console`.
pub fn console(app: Arc<App>) -> Router {
    surround(console_routes().merge(health_routes()), app, Face::Console)
}

/// For a `--listen` on this machine, which is the console's as well.
pub fn both(app: Arc<App>) -> Router {
    surround(
        public_routes()
            .merge(console_routes())
            .merge(health_routes()),
        app,
        Face::Console,
    )
}

/// What phones and residents reach.
fn public_routes() -> Router<Arc<App>> {
    phone_routes().merge(resident::routes())
}

fn phone_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/join", post(phones::join))
        .route("/v1/sync", post(phones::sync))
        .route(
            "/v1/stations/{station}/records/{record}",
            get(phones::record),
        )
}

fn console_routes() -> Router<Arc<App>> {
    pages::routes()
        .route("/metrics", get(ops::metrics))
        .route_layer(from_fn(loopback::own_names))
}

fn health_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/livez", get(ops::livez))
        .route("/readyz", get(ops::readyz))
}

/// What every request passes, from the outside in: its id, its log line and the body of its
/// problem; panics; the size and time of its body.
fn surround(routes: Router<Arc<App>>, app: Arc<App>, face: Face) -> Router {
    let limits = app.limits;
    let room = Arc::new(Room::new(limits.room_bytes, limits.body_bytes));
    routes
        .fallback(async || Error::NoSuchRoute)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(from_fn_with_state((limits, room), body::whole))
        .layer(CatchPanicLayer::custom(trace::panicked))
        .layer(from_fn_with_state((app.clone(), face), trace::observe))
        .with_state(app)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use tower::ServiceExt;

    use super::*;
    use crate::clock::Clock;
    use crate::datadir::DataDir;
    use crate::db::{Db, Schema};

    #[tokio::test]
    async fn a_handler_that_panics_is_a_problem_and_the_next_request_is_served() {
        let folder = tempfile::TempDir::new().unwrap();
        let data = DataDir::new(folder.path());
        let db = Db::open(&data.location(None).unwrap(), Schema::Create)
            .await
            .unwrap();
        let app = Arc::new(App::new(db, Clock::set(0, [0; 32]), data));
        let routes = Router::new().route("/panic", get(async || -> &'static str { panic!("oh") }));
        let router = surround(routes.merge(health_routes()), app, Face::Public);
        for (path, status) in [
            ("/panic", StatusCode::INTERNAL_SERVER_ERROR),
            ("/livez", StatusCode::OK),
        ] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            assert_eq!(
                router.clone().oneshot(request).await.unwrap().status(),
                status
            );
        }
    }
}
