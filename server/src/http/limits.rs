//! How much of everything a client may take.

use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections open at once on one listener; more wait in the kernel's queue.
    pub connections: u32,
    /// How long a client may take for a request's headers, and stay silent between requests.
    pub header_time: Duration,
    /// Bytes of a request's line and headers.
    pub header_bytes: usize,
    /// How long a request's body may take: 48 KiB take 3 seconds on a poor link of 20 kB/s.
    pub body_time: Duration,
    /// Bytes of a request's body: a phone sends at most 48 KiB of envelopes with their key sheets.
    pub body_bytes: usize,
    /// Bytes of all bodies that are being read or worked on, on one listener; further ones wait.
    pub room_bytes: usize,
    /// How long a stopping server waits for requests under way.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 1024,
            header_time: Duration::from_secs(15),
            header_bytes: 16 * 1024,
            body_time: Duration::from_secs(30),
            body_bytes: 256 * 1024,
            room_bytes: 64 * 1024 * 1024,
            grace: Duration::from_secs(10),
        }
    }
}
