//! Which addresses are listened on, and why the console's is this machine's own.

use std::fmt;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use crate::error::{Error, Result};

/// The bound sockets. Without a console of its own, the console answers on `sync` as well.
#[derive(Debug)]
pub struct Listeners {
    pub(super) sync: TcpListener,
    pub(super) console: Option<TcpListener>,
    sync_address: SocketAddr,
    console_address: SocketAddr,
}

impl Listeners {
    /// Binds where phones reach the server and where the console is opened. The console has no
    /// log-in yet and shows the books, so it stays on the loopback interface.
    pub async fn bind(sync: SocketAddr, console: Option<SocketAddr>) -> Result<Listeners> {
        if let Some(address) = console.filter(|address| !address.ip().is_loopback()) {
            return Err(Error::ConsoleNotLoopback { address });
        }
        let console = match console {
            // Port 0 twice means two free ports, not one shared.
            Some(address) if address == sync && address.port() != 0 => None,
            Some(address) => Some(address),
            None if sync.ip().is_loopback() => None,
            None => Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
        };
        let (sync, sync_address) = bind(sync).await?;
        let (console, console_address) = match console {
            Some(address) => {
                let (listener, address) = bind(address).await?;
                (Some(listener), address)
            }
            None => (None, sync_address),
        };
        Ok(Listeners {
            sync,
            console,
            sync_address,
            console_address,
        })
    }

    pub fn sync_address(&self) -> SocketAddr {
        self.sync_address
    }

    pub fn console_address(&self) -> SocketAddr {
        self.console_address
    }
}

/// The line that `serve` prints when it is ready.
impl fmt::Display for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "listening on http://{}", self.sync_address)?;
        match self.console {
            Some(_) => write!(f, ", console on http://{}", self.console_address),
            None => Ok(()),
        }
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let failed = |source: std::io::Error| match source.kind() {
        ErrorKind::AddrInUse => Error::PortInUse { address },
        _ => Error::Listen { address, source },
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
