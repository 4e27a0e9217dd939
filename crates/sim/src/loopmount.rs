//! The power-cut rig on a real kernel: a sparse file made into an ext4 file system, mounted by loop; a workload on
//! it, killed; the backing file copied *while still mounted*; the copy mounted and handed to a checker.
//!
//! The backing file holds only what the inner file system has written out, so what was not flushed is missing from
//! the copy, as after a power cut; mounting the copy replays the file system's journal. It shows what the kernel, the
//! file system and the engine do together, which the [VFS model](crate::powercut) cannot; it does not model
//! reordering inside a disk's own cache.
//!
//! Keep a run well under 30 seconds: after that the kernel writes dirty pages back by itself and hides a missing
//! flush. Run the positive control (the same workload with flushing off must lose something) beside every check.
//!
//! Needs root, `mkfs.ext4`, `mount`, `umount` and a free loop device; otherwise [`Rig::new`] names what is missing.

use std::any::Any;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use tempfile::TempDir;

/// Why this machine cannot run the rig. A skip in a developer's run, a loud failure where the rig is required.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    #[error("the loop-mount rig needs root, and this is user {uid}: run it under sudo")]
    NotRoot { uid: u32 },
    #[error("the loop-mount rig needs {tool}: install the package {package}")]
    MissingTool {
        tool: &'static str,
        package: &'static str,
    },
    #[error(
        "the kernel refused a loop mount ({message}): use a machine with loop devices, or a container that may mount"
    )]
    MountRefused { message: String },
}

/// Why a run of the rig gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error("could not {step}")]
    Io {
        step: &'static str,
        source: io::Error,
    },
    #[error("`{command}` failed: {message}")]
    Command { command: String, message: String },
    #[error("the workload did not start or run: {0}")]
    Workload(io::Error),
}

/// What works on the mounted file system when the power goes.
pub enum Victim {
    /// A process, killed by SIGKILL before the copy is made.
    Process(Child),
    /// Objects of this process (an open database, say), dropped only after the copy is made.
    Here(Box<dyn Any>),
}

/// A rig ready to run: its scratch folder, outside of the file system under test.
pub struct Rig {
    scratch: TempDir,
    size_bytes: u64,
}

impl Rig {
    /// Prepares a rig with a file system of `size_bytes` (64 MiB is plenty for thousands of rows), and proves with an
    /// empty one that mounting works here. The scratch folder lies in `parent` and takes twice that space.
    pub fn new(parent: &Path, size_bytes: u64) -> Result<Rig, RigError> {
        require_root()?;
        require_tools()?;
        let scratch = tempfile::Builder::new()
            .prefix("ringback-loopmount-")
            .tempdir_in(parent)
            .map_err(io_error("create the scratch folder"))?;
        let rig = Rig {
            scratch,
            size_bytes,
        };
        let image = rig.make_image("probe.img")?;
        rig.mount(&image, "probe")
            .map_err(|error| Unavailable::MountRefused {
                message: error.to_string(),
            })?
            .unmount()?;
        fs::remove_file(&image).map_err(io_error("remove the probe image"))?;
        Ok(rig)
    }

    /// One power cut: gives `workload` an empty folder on a fresh file system; takes the power away as soon as it
    /// returns (so it decides how long the victim runs); gives `check` the same folder as found after the cut.
    ///
    /// Acknowledgements must be noted outside of that folder: in memory, or read from the process's output.
    pub fn power_cut<T>(
        &self,
        workload: impl FnOnce(&Path) -> io::Result<Victim>,
        check: impl FnOnce(&Path) -> T,
    ) -> Result<T, RigError> {
        let image = self.make_image("live.img")?;
        let copy = self.scratch.path().join("after.img");
        let live = self.mount(&image, "live")?;
        let victim = workload(live.folder()).map_err(RigError::Workload)?;
        let victim = kill_process(victim)?;
        fs::copy(&image, &copy).map_err(io_error("copy the backing file"))?;
        drop(victim);
        live.unmount()?;
        let after = self.mount(&copy, "after")?;
        let verdict = check(after.folder());
        after.unmount()?;
        Ok(verdict)
    }

    /// Gives `work` an empty folder on a fresh file system of the rig's size, one that can be filled
    /// to the last block.
    pub fn mounted<T>(&self, work: impl FnOnce(&Path) -> T) -> Result<T, RigError> {
        let image = self.make_image("mounted.img")?;
        let mounted = self.mount(&image, "mounted")?;
        let done = work(mounted.folder());
        mounted.unmount()?;
        fs::remove_file(&image).map_err(io_error("remove the image"))?;
        Ok(done)
    }

    /// A sparse file with an empty ext4 file system.
    fn make_image(&self, name: &str) -> Result<PathBuf, RigError> {
        let image = self.scratch.path().join(name);
        let file = File::create(&image).map_err(io_error("create the backing file"))?;
        file.set_len(self.size_bytes)
            .map_err(io_error("size the backing file"))?;
        drop(file);
        run(
            "mkfs.ext4",
            [OsStr::new("-q"), OsStr::new("-F"), image.as_os_str()],
        )?;
        Ok(image)
    }

    fn mount(&self, image: &Path, name: &str) -> Result<Mounted, RigError> {
        let folder = self.scratch.path().join(name);
        fs::create_dir_all(&folder).map_err(io_error("create the mount point"))?;
        run(
            "mount",
            [
                OsStr::new("-o"),
                OsStr::new("loop"),
                image.as_os_str(),
                folder.as_os_str(),
            ],
        )?;
        Ok(Mounted {
            folder,
            mounted: true,
        })
    }
}

/// A mounted image; unmounted when dropped, whatever went wrong.
struct Mounted {
    folder: PathBuf,
    mounted: bool,
}

impl Mounted {
    fn folder(&self) -> &Path {
        &self.folder
    }

    fn unmount(mut self) -> Result<(), RigError> {
        run("umount", [self.folder.as_os_str()])?;
        self.mounted = false;
        Ok(())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if self.mounted {
            // A file may still be open here, after a panic; a lazy unmount leaves nothing behind once it is closed.
            let outcome = run("umount", [OsStr::new("--lazy"), self.folder.as_os_str()]);
            if let Err(error) = outcome {
                eprintln!("{} stays mounted: {error}", self.folder.display());
            }
        }
    }
}

fn kill_process(victim: Victim) -> Result<Victim, RigError> {
    match victim {
        Victim::Process(mut child) => {
            child.kill().map_err(io_error("kill the workload"))?;
            child
                .wait()
                .map_err(io_error("wait for the killed workload"))?;
            Ok(Victim::Process(child))
        }
        here => Ok(here),
    }
}

fn require_root() -> Result<(), Unavailable> {
    match rustix::process::geteuid() {
        user if user.is_root() => Ok(()),
        user => Err(Unavailable::NotRoot { uid: user.as_raw() }),
    }
}

fn require_tools() -> Result<(), Unavailable> {
    for (tool, package) in [
        ("mkfs.ext4", "e2fsprogs"),
        ("mount", "mount"),
        ("umount", "mount"),
    ] {
        if Command::new(tool).arg("-V").output().is_err() {
            return Err(Unavailable::MissingTool { tool, package });
        }
    }
    Ok(())
}

fn run<'a>(program: &str, arguments: impl IntoIterator<Item = &'a OsStr>) -> Result<(), RigError> {
    let mut command = Command::new(program);
    command.args(arguments);
    let outcome = command.output();
    let message = match outcome {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    Err(RigError::Command {
        command: format!("{command:?}"),
        message,
    })
}

fn io_error(step: &'static str) -> impl FnOnce(io::Error) -> RigError {
    move |source| RigError::Io { step, source }
}
