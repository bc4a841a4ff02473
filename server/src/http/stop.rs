//! How a running server is told to stop.

use tokio::sync::watch;

/// Tells; dropping it tells too.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// Is told. Workers hold a copy and end when [`Stop::told`] returns.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    pub fn pair() -> (Stopper, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Stopper(sender), Stop(receiver))
    }

    /// Returns once the server was told to stop.
    pub async fn told(&self) {
        // An error means that the sender is gone, which tells as well.
        let _ = self.0.clone().wait_for(|stop| *stop).await;
    }
}

impl Stopper {
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}
