//! `wardbook serve`: serves phones and the console until it is told to stop.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::prelude::*;

use super::catalogue::CatalogueOptions;
use super::{StoreOptions, out};
use crate::admission::Trial;
use crate::charter;
use crate::clock::Clock;
use crate::config;
use crate::error::{Error, Result};
use crate::http::{self, App, Listeners, Stop};
use crate::station::Station;
use crate::{rebuild, write_tx};

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8470);

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    store: StoreOptions,
    /// Where phones reach the server
    #[arg(long, value_name = "ADDRESS", default_value_t = DEFAULT_LISTEN)]
    listen: SocketAddr,
    /// Where the console is opened, on this machine alone [default: with --listen when that is on
    /// this machine, else a free port of 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    console: Option<SocketAddr>,
    #[command(flatten)]
    catalogue: CatalogueOptions,
}

pub async fn run(options: Options, clock: Clock) -> Result<()> {
    let printed = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false);
    tracing_subscriber::registry()
        .with(printed.with_filter(config::log_filter()?))
        .init();
    let listeners = Listeners::bind(options.listen, options.console).await?;
    let catalogue = options.catalogue.given()?;
    let (db, data) = (options.store.open().await?, options.store.data_dir());
    if let Some(catalogue) = &catalogue {
        for station in Station::list(&db).await? {
            write_tx!(db, "catalogue", async |tx| {
                charter::issue(tx, &station.id, Some(catalogue), &data, &clock).await
            })
            .await?;
        }
    }
    for station in Station::list(&db).await? {
        let fill = write_tx!(db, "fill", async |tx| rebuild::fill(tx, &station.id).await);
        if fill.await? {
            tracing::info!(station = %station.id, "lists computed for an older store");
        }
    }
    let trial = trial(&options.store);
    let app = Arc::new(App::with_trial(db, clock, data, trial));
    let (stopper, stop) = Stop::pair();
    let mut terminate = handler(SignalKind::terminate())?;
    let mut interrupt = handler(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stopper.stop();
        // A second signal does not wait for anybody.
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(1);
    });
    out::say(&listeners.to_string());
    http::serve(app.clone(), listeners, stop).await;
    // A request that was cut off may hold its connection still.
    let _ = tokio::time::timeout(app.limits.grace, app.db.close()).await;
    Ok(())
}

/// This program again, as a process that judges.
fn trial(store: &StoreOptions) -> Option<Trial> {
    let program = std::env::current_exe();
    let program = program.inspect_err(|error| {
        tracing::warn!(%error, "this program does not find itself: what takes it down is not held");
    });
    let mut arguments: Vec<OsString> = vec!["judge".into(), "--data".into()];
    arguments.push(store.data.clone().into());
    if let Some(url) = &store.database {
        arguments.extend(["--database".into(), url.into()]);
    }
    Some(Trial {
        program: program.ok()?,
        arguments,
    })
}

pub(super) fn handler(kind: SignalKind) -> Result<tokio::signal::unix::Signal> {
    signal(kind).map_err(|source| Error::Runtime {
        operation: "listening for signals",
        source,
    })
}
