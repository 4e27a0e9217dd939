//! Nothing that a benchmark starts outlives it: not after an error, a panic or Ctrl-C.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a server may take to stop before it is killed.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// Knows every running child and whether the user asked to stop.
///
/// SIGINT and SIGTERM ask all children to stop. Whoever talks to them then fails, and the errors
/// unwind through the guards, which wait for the children and remove the temporary folders.
#[derive(Clone)]
pub(crate) struct Keeper(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    interrupted: bool,
    children: Vec<(Pid, Signal)>,
}

/// The user asked to stop; what was started is stopped on the way out.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub(crate) struct Interrupted;

impl Keeper {
    /// Begins to watch for SIGINT and SIGTERM, on a thread of its own.
    pub(crate) fn new() -> io::Result<Self> {
        let keeper = Self(Arc::default());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let watcher = keeper.clone();
        let (registered, ready) = std::sync::mpsc::channel();
        thread::spawn(move || runtime.block_on(watcher.watch(&registered)));
        ready.recv().map_err(io::Error::other)??;
        Ok(keeper)
    }

    /// Refuses to go on after Ctrl-C.
    pub(crate) fn check(&self) -> Result<(), Interrupted> {
        if self.kept().interrupted {
            Err(Interrupted)
        } else {
            Ok(())
        }
    }

    /// Starts `command` in a process group of its own, so that a Ctrl-C at the terminal reaches
    /// only us and the child is stopped in order. `stop` is the signal that asks it to end.
    pub(crate) fn spawn(&self, mut command: Command, stop: Signal) -> io::Result<Guarded> {
        // Under one lock, so that no child slips in between the signal and its registration.
        let mut kept = self.kept();
        if kept.interrupted {
            return Err(io::Error::new(io::ErrorKind::Interrupted, Interrupted));
        }
        let child = command.process_group(0).spawn()?;
        let pid = Pid::from_child(&child);
        kept.children.push((pid, stop));
        Ok(Guarded {
            child,
            pid,
            stop,
            keeper: self.clone(),
        })
    }

    /// Runs `command` to its end.
    pub(crate) fn run(&self, command: Command) -> io::Result<ExitStatus> {
        let mut guarded = self.spawn(command, Signal::TERM)?;
        guarded.child.wait()
    }

    async fn watch(self, registered: &std::sync::mpsc::Sender<io::Result<()>>) {
        use tokio::signal::unix::{SignalKind, signal};
        let both = signal(SignalKind::interrupt())
            .and_then(|int| Ok((int, signal(SignalKind::terminate())?)));
        let (mut interrupt, mut terminate) = match both {
            Ok(signals) => signals,
            Err(error) => {
                // Nobody listens only when `new` is already gone.
                let _ = registered.send(Err(error));
                return;
            }
        };
        let _ = registered.send(Ok(()));
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            self.interrupt();
        }
    }

    fn interrupt(&self) {
        eprintln!("interrupted: stopping what was started");
        let mut kept = self.kept();
        kept.interrupted = true;
        for &(pid, stop) in &kept.children {
            // A child that has just ended by itself is no harm.
            let _ = kill_process(pid, stop);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic elsewhere must not keep the children alive.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A child process that is stopped when dropped.
pub(crate) struct Guarded {
    pub(crate) child: Child,
    pid: Pid,
    stop: Signal,
    keeper: Keeper,
}

impl Guarded {
    /// Fails if the child has already ended, which a server should not.
    pub(crate) fn still_runs(&mut self) -> io::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(io::Error::other(format!("it ended by itself: {status}"))),
        }
    }

    fn wait_until(&mut self, deadline: Instant) -> bool {
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(10)),
                Ok(Some(_)) | Err(_) => return true,
            }
        }
        false
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // Once waited for, the number may belong to a stranger: forget it before.
        self.keeper
            .kept()
            .children
            .retain(|(pid, _)| *pid != self.pid);
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let _ = kill_process(self.pid, self.stop);
        if !self.wait_until(Instant::now() + STOP_GRACE) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> Command {
        let mut command = Command::new("sleep");
        command.arg("600");
        command
    }

    fn is_alive(pid: Pid) -> bool {
        rustix::process::test_kill_process(pid).is_ok()
    }

    #[test]
    fn a_child_is_gone_when_its_guard_is() {
        let keeper = Keeper::new().unwrap();
        let guarded = keeper.spawn(sleeper(), Signal::TERM).unwrap();
        let pid = guarded.pid;
        assert!(is_alive(pid));
        drop(guarded);
        assert!(!is_alive(pid));
        assert!(keeper.kept().children.is_empty());
    }

    #[test]
    fn a_panic_stops_the_child_too() {
        let keeper = Keeper::new().unwrap();
        let spawned = keeper.clone();
        let (tell, told) = std::sync::mpsc::channel();
        let outcome = thread::spawn(move || {
            let guarded = spawned.spawn(sleeper(), Signal::TERM).unwrap();
            tell.send(guarded.pid).unwrap();
            panic!("a panic on purpose, to see the guard at work");
        })
        .join();
        assert!(outcome.is_err());
        assert!(!is_alive(told.recv().unwrap()));
    }

    #[test]
    fn after_an_interrupt_children_end_and_no_new_one_starts() {
        let keeper = Keeper::new().unwrap();
        let mut guarded = keeper.spawn(sleeper(), Signal::TERM).unwrap();
        keeper.interrupt();
        assert!(!guarded.child.wait().unwrap().success());
        assert!(keeper.check().is_err());
        let refused = keeper.spawn(sleeper(), Signal::TERM).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::Interrupted);
    }
}
