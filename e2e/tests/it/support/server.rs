//! The built binary, serving from a temporary folder; killed, stopped and started again.

use super::client::Client;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustix::process::{Pid, Signal};
use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a story is given up. Generous: it is a guard against
/// hanging, not a measure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A place where servers run one after the other: a folder, a port, a configuration.
pub(crate) struct Site {
    home: TempDir,
    port: u16,
    tenants: Vec<String>,
    env: Vec<(String, String)>,
    data: PathBuf,
}

impl Site {
    /// Of one tenant.
    pub(crate) fn new() -> Self {
        Self::of_tenants(&["default"])
    }

    pub(crate) fn of_tenants(tenants: &[&str]) -> Self {
        let home = tempfile::Builder::new()
            .prefix("ringback-e2e-")
            .tempdir()
            .expect("a temporary folder");
        Self {
            data: home.path().join("data"),
            home,
            port: free_port(),
            tenants: tenants.iter().map(|&name| name.to_owned()).collect(),
            env: Vec::new(),
        }
    }

    /// Sets a variable for every server of this place.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Keeps the data in another folder than the usual one.
    pub(crate) fn with_data(mut self, folder: PathBuf) -> Self {
        self.data = folder;
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn tenants(&self) -> &[String] {
        &self.tenants
    }

    /// A client with the first administrator's key of a tenant, by its place in the list.
    pub(crate) fn administrator(&self, tenant: usize) -> Client {
        let secret = if tenant == 0 {
            first_key()
        } else {
            let name = &self.tenants[tenant];
            let path = self.data().join(format!("first-administrator.{name}.key"));
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            text.trim().to_owned()
        };
        Client::new(&self.base(), &secret)
    }

    /// Starts a server and waits until it is ready.
    pub(crate) async fn start(&self) -> Server {
        let mut server = self.start_unready(&[]);
        if let Err(status) = server.wait_ready().await {
            panic!("the server ended while starting: {status}");
        }
        server
    }

    /// Starts a server that dies where `RINGBACK_FAIL_AT` says; it may do so before it is ready.
    pub(crate) fn start_armed(&self, fail_at: &str) -> Server {
        self.start_unready(&[("RINGBACK_FAIL_AT", fail_at)])
    }

    pub(crate) fn start_unready(&self, env: &[(&str, &str)]) -> Server {
        let mut command = self.command(&[
            "serve",
            "--end-with-parent",
            "--data",
            &self.data().display().to_string(),
            "--listen",
            &format!("127.0.0.1:{}", self.port),
        ]);
        command.envs(env.iter().copied());
        let log = self.log();
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file handle"))
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        Server {
            child: Some(child),
            base: self.base(),
        }
    }

    /// Runs a command of the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::null())
            .output()
            .expect("the binary starts")
    }

    /// Runs a command that must succeed; gives what it printed.
    pub(crate) fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{arguments:?} ended with {}:\n{}\n{}",
            output.status,
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("RINGBACK_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .env("RINGBACK_FIRST_KEY", first_key())
            .env("RINGBACK_TENANTS", self.tenants.join(","))
            .env("RINGBACK_STORAGE__BALLAST_MIB", "0")
            .env("RINGBACK_STORAGE__LOW_MIB", "0")
            .env("RINGBACK_STORAGE__CRITICAL_MIB", "0")
            .env("RINGBACK_SERVER__DRAIN_NOTICE_S", "0")
            .env("RINGBACK_LOG__FILTER", "info")
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn log(&self) -> File {
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.path("server.log"))
            .expect("the log can be opened")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let text = std::fs::read_to_string(self.path("server.log")).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let last = &lines[lines.len().saturating_sub(60)..];
            println!("the last lines of the server's log:\n{}", last.join("\n"));
            println!("everything is kept in {}", self.home.path().display());
            self.home.disable_cleanup(true);
        }
    }
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    /// `None` when it was given away.
    child: Option<Child>,
    base: String,
}

impl Server {
    /// Waits until it serves; the exit status if it ends before that.
    pub(crate) async fn wait_ready(&mut self) -> Result<(), ExitStatus> {
        let until = Instant::now() + PATIENCE;
        let client = Client::new(&self.base, "");
        while Instant::now() < until {
            if let Some(status) = self.ended() {
                return Err(status);
            }
            if let Ok(answer) = client.try_get("/health/ready").await
                && answer.status == 200
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server was not ready within {PATIENCE:?}");
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        let ended = self.child().try_wait();
        ended.expect("the child can be asked")
    }

    fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("it was not given away")
    }

    /// Gives the process away; whoever takes it ends it.
    pub(crate) fn into_child(mut self) -> Child {
        self.child.take().expect("it was not given away")
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child().kill().expect("it can be killed");
        self.child().wait().expect("it ends");
    }

    /// SIGTERM.
    pub(crate) fn ask_to_stop(&mut self) {
        let pid = i32::try_from(self.child().id()).expect("a process id");
        let pid = Pid::from_raw(pid).expect("not 0");
        rustix::process::kill_process(pid, Signal::TERM).expect("it can be asked");
    }

    /// SIGTERM, and waits for the end, which has to be a good one.
    pub(crate) async fn stop(mut self) {
        self.ask_to_stop();
        let status = self.wait_end().await;
        assert!(status.success(), "the server stopped with {status}");
    }

    /// Waits until it ends by itself.
    pub(crate) async fn wait_end(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(
                Instant::now() < until,
                "the server did not end within {PATIENCE:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The first administrator's key of the first tenant.
fn first_key() -> String {
    let bytes: Vec<u8> = (0..32).map(|n| n * 7 + 3).collect();
    format!("rb_{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The binary under test: `RINGBACK_BIN`, or the one beside this test, which has to be fresh.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("RINGBACK_BIN") {
            return PathBuf::from(path);
        }
        let own = std::env::current_exe().expect("a path");
        let folder = own.parent().and_then(Path::parent);
        let path = folder.expect("a build folder").join("ringback");
        // A runner that starts each test as a process has everything built before.
        if std::env::var_os("NEXTEST").is_none() {
            build();
        }
        assert!(path.is_file(), "{} is not there: {BUILD}", path.display());
        let newer = newer_source(&path);
        assert!(
            newer.is_none(),
            "{newer:?} is newer than the binary: {BUILD}"
        );
        path
    })
}

const BUILD: &str = "cargo build --package ringback";

fn build() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", "ringback"]);
    build.current_dir(env!("CARGO_MANIFEST_DIR"));
    // What cargo tells a test of its package is no business of the build: some build scripts are
    // run again when it changes, and everything that stands on them is compiled anew.
    for (name, _) in std::env::vars_os() {
        let told = ["CARGO_PKG_", "CARGO_MANIFEST_"];
        if told.iter().any(|it| name.to_string_lossy().starts_with(it)) {
            build.env_remove(name);
        }
    }
    let built = build.status().expect("cargo starts");
    assert!(built.success(), "the binary does not build");
}

/// A source that was changed after the binary was made of it. A stale binary would make every
/// story worthless.
fn newer_source(binary: &Path) -> Option<PathBuf> {
    let changed = |path: &Path| path.metadata().and_then(|it| it.modified()).ok();
    let made = changed(binary)?;
    let list = std::fs::read_to_string(binary.with_extension("d")).ok()?;
    let (_, sources) = list.split_once(": ")?;
    let sources = sources.split_whitespace().map(PathBuf::from);
    let mut newer = sources.filter(|path| changed(path).is_some_and(|at| at > made));
    newer.next()
}

/// A port below those the system gives to outgoing connections, so that it stays free while a
/// server is down.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let spread = u16::try_from(std::process::id() % 500).expect("small") * 20;
    for _ in 0..2_000 {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 20_000 + (spread + step) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port between 20000 and 30000 is free");
}
