//! The line between the phones and the server, which can be cut as a weak network cuts it.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::error::{Error, Result};

const PART: usize = 16 * 1024;

/// A proxy in front of the server. Unless cuts are ordered it passes everything on.
#[derive(Debug)]
pub struct Network {
    pub address: SocketAddr,
    cuts: Arc<Mutex<Cuts>>,
    carrying: JoinHandle<()>,
}

/// After how many bytes, up and down together, the line is cut: one after the other.
#[derive(Debug, Default)]
struct Cuts {
    waiting: VecDeque<u64>,
    made: u64,
}

impl Cuts {
    /// How many of the bytes pass, and whether the line is cut behind them.
    fn pass(&mut self, bytes: usize) -> (usize, bool) {
        let Some(left) = self.waiting.front_mut() else {
            return (bytes, false);
        };
        let bytes = bytes as u64;
        if bytes < *left {
            *left -= bytes;
            return (bytes as usize, false);
        }
        let pass = *left as usize;
        self.waiting.pop_front();
        self.made += 1;
        (pass, true)
    }
}

impl Network {
    pub async fn before(server: SocketAddr) -> Result<Network> {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let failed = |source| Error::Listen {
            address: free,
            source,
        };
        let listener = TcpListener::bind(free).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let cuts = Arc::new(Mutex::new(Cuts::default()));
        let carrying = tokio::spawn(accept(listener, server, cuts.clone()));
        Ok(Network {
            address,
            cuts,
            carrying,
        })
    }

    /// Orders cuts: the first after so many bytes from now, each next after so many more.
    pub fn cut_after(&self, bytes: &[u64]) {
        let mut cuts = self.cuts.lock().unwrap_or_else(PoisonError::into_inner);
        cuts.waiting = bytes.iter().copied().collect();
    }

    /// How often the line was cut so far.
    pub fn cuts(&self) -> u64 {
        let cuts = self.cuts.lock();
        cuts.unwrap_or_else(PoisonError::into_inner).made
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

/// Ends with all its connections.
async fn accept(listener: TcpListener, server: SocketAddr, cuts: Arc<Mutex<Cuts>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A phone that left at once is no reason to end.
                if let Ok((phone, _)) = accepted {
                    connections.spawn(carry(phone, server, cuts.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Carries both ways until either side ends or the line is cut; then both are gone.
async fn carry(phone: TcpStream, server: SocketAddr, cuts: Arc<Mutex<Cuts>>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    for side in [&phone, &server] {
        let _ = side.set_nodelay(true);
    }
    // An end and a failure are one to a line: it is gone.
    tokio::select! {
        _ = forward(&phone, &server, &cuts) => {}
        _ = forward(&server, &phone, &cuts) => {}
    }
}

async fn forward(from: &TcpStream, to: &TcpStream, cuts: &Mutex<Cuts>) -> io::Result<()> {
    let mut part = vec![0; PART];
    loop {
        from.readable().await?;
        let read = match from.try_read(&mut part) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        let (pass, cut) = {
            let mut cuts = cuts.lock().unwrap_or_else(PoisonError::into_inner);
            cuts.pass(read)
        };
        write_all(to, &part[..pass]).await?;
        if cut {
            return Ok(());
        }
    }
}

async fn write_all(to: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        to.writable().await?;
        match to.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net;

    use super::*;

    #[test]
    fn cuts_fall_one_after_the_other_at_their_byte() {
        let mut cuts = Cuts {
            waiting: VecDeque::from([10, 5]),
            made: 0,
        };
        assert_eq!(cuts.pass(4), (4, false));
        assert_eq!(cuts.pass(100), (6, true));
        assert_eq!(cuts.pass(5), (5, true));
        assert_eq!(cuts.pass(100), (100, false));
        assert_eq!(cuts.made, 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_cut_line_carries_what_came_before_and_the_next_one_holds() {
        let echo = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let server = echo.local_addr().unwrap();
        let echoing = std::thread::spawn(move || {
            let mut heard = Vec::new();
            for _ in 0..2 {
                let (mut line, _) = echo.accept().unwrap();
                let mut bytes = Vec::new();
                // A line that was cut may end with a reset; what came before counts.
                let _ = line.read_to_end(&mut bytes);
                heard.push(bytes);
            }
            heard
        });
        let network = Network::before(server).await.unwrap();
        network.cut_after(&[3]);
        for _ in 0..2 {
            let mut line = net::TcpStream::connect(network.address).unwrap();
            line.write_all(b"hello").unwrap();
            line.shutdown(net::Shutdown::Write).unwrap();
            let mut nothing = Vec::new();
            let _ = line.read_to_end(&mut nothing);
        }
        let heard = tokio::task::spawn_blocking(|| echoing.join().unwrap()).await;
        assert_eq!(heard.unwrap(), [b"hel".to_vec(), b"hello".to_vec()]);
        assert_eq!(network.cuts(), 1);
    }
}
