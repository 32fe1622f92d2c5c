//! `Ctrl-C` and a polite end: what is in flight is finished when it is asked for once, and not when twice.
//!
//! A file that may not grow (`ulimit -f`) is an error of whoever writes it, and ends nothing.
//!
//! note    a process that once listens has to go on listening: between runs the first request ends it, as it would have without

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::sync::Notify;

/// Exit code of a process that ends by SIGINT, as shells tell it.
const INTERRUPTED: i32 = 130;

static ASKED: AtomicU32 = AtomicU32::new(0);
static MINDED: AtomicBool = AtomicBool::new(false);
static SAID: Notify = Notify::const_new();
static LISTENING: OnceLock<()> = OnceLock::new();

/// While it lives, requests to end are counted and told, and do not end the process.
pub struct Minded(());

impl Minded {
    pub fn begin() -> Self {
        LISTENING.get_or_init(listen);
        ASKED.store(0, Ordering::SeqCst);
        MINDED.store(true, Ordering::SeqCst);
        Minded(())
    }

    /// How often it was asked to end.
    pub fn asked(&self) -> u32 {
        ASKED.load(Ordering::SeqCst)
    }

    /// Returns when it is asked to end once more.
    pub async fn said(&self) {
        SAID.notified().await;
    }
}

impl Drop for Minded {
    fn drop(&mut self) {
        MINDED.store(false, Ordering::SeqCst);
    }
}

/// What a write beyond the limit of a file's size sends, on Linux and macOS alike; tokio has no name for it.
const FILE_TOO_LARGE: i32 = 25;

/// From now on such a write is an error. Left alone it would end the process without a word.
pub fn outlive_limits_of_files() {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let _within = runtime.enter();
    // Once it is listened to, it stays so; nobody needs to hear it.
    let _ = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(FILE_TOO_LARGE));
}

fn listen() {
    std::thread::spawn(|| {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let (Ok(mut interrupt), Ok(mut terminate)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if !MINDED.load(Ordering::SeqCst) {
                    // Nothing of a run is open that a killed process would not leave whole; nobody is there to return a code to.
                    #[allow(clippy::disallowed_methods)]
                    std::process::exit(INTERRUPTED);
                }
                ASKED.fetch_add(1, Ordering::SeqCst);
                SAID.notify_one();
            }
        });
    });
}
