//! The conditions of a run: a figure without them means nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

/// Machine, kernel, file system and load at the start of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Environment {
    /// Seconds since 1970, UTC.
    pub(crate) started_unix_s: u64,
    pub(crate) kernel: String,
    pub(crate) cpu_model: String,
    /// Processors this process may use.
    pub(crate) cpus: usize,
    pub(crate) memory_mib: u64,
    pub(crate) clocksource: String,
    pub(crate) file_system: FileSystem,
    pub(crate) load: LoadAverage,
    /// Scheduling priority of this process and of every server it starts; 0 is normal, less is
    /// more.
    pub(crate) nice: i32,
}

/// The file system under the measured folder.
#[derive(Debug, Serialize)]
pub(crate) struct FileSystem {
    pub(crate) kind: String,
    pub(crate) options: String,
    pub(crate) device: String,
    /// What the kernel believes about the device's cache: `write back` means that a flush is
    /// really sent; on a virtual disk, whether it reaches the flash is up to the host.
    pub(crate) write_cache: Option<String>,
}

/// `/proc/loadavg`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LoadAverage {
    /// Over one minute.
    pub(crate) one: f64,
    /// Over five minutes.
    pub(crate) five: f64,
    /// Runnable tasks of the moment, this process among them.
    pub(crate) runnable: u32,
}

impl Environment {
    /// Reads the conditions; `folder` is where the benchmark writes.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            started_unix_s: std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .context("the clock stands before 1970")?
                .as_secs(),
            kernel: read_line("/proc/sys/kernel/osrelease")?,
            cpu_model: cpu_model()?,
            cpus: std::thread::available_parallelism()?.get(),
            memory_mib: memory_mib()?,
            clocksource: read_line(
                "/sys/devices/system/clocksource/clocksource0/current_clocksource",
            )
            .unwrap_or_else(|_| "unknown".to_owned()),
            file_system: FileSystem::of(folder)?,
            load: load_average()?,
            nice: rustix::process::getpriority_process(None)?,
        })
    }
}

impl FileSystem {
    /// True where fdatasync costs nothing because nothing survives a power cut.
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.kind.as_str(), "tmpfs" | "ramfs")
    }

    fn of(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.canonicalize()?;
        let mounts = fs::read_to_string("/proc/self/mounts").context("read /proc/self/mounts")?;
        // The longest mount point that contains the folder; of equals, the later hides the former.
        let mount = mounts
            .lines()
            .filter_map(Mount::parse)
            .filter(|mount| folder.starts_with(&mount.point))
            .max_by_key(|mount| mount.point.components().count())
            .with_context(|| format!("no mount point contains {}", folder.display()))?;
        Ok(Self {
            write_cache: write_cache(&mount.device),
            kind: mount.kind,
            options: mount.options,
            device: mount.device,
        })
    }
}

struct Mount {
    device: String,
    point: PathBuf,
    kind: String,
    options: String,
}

impl Mount {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(' ');
        Some(Self {
            device: fields.next()?.to_owned(),
            point: PathBuf::from(fields.next()?),
            kind: fields.next()?.to_owned(),
            options: fields.next()?.to_owned(),
        })
    }
}

fn write_cache(device: &str) -> Option<String> {
    let name = device.strip_prefix("/dev/")?;
    read_line(&format!("/sys/class/block/{name}/queue/write_cache"))
        // A partition has no queue of its own; its disk does.
        .or_else(|_| read_line(&format!("/sys/class/block/{name}/../queue/write_cache")))
        .ok()
}

/// The load of the moment.
pub(crate) fn load_average() -> anyhow::Result<LoadAverage> {
    let line = read_line("/proc/loadavg")?;
    parse_load(&line).with_context(|| format!("/proc/loadavg reads {line:?}"))
}

fn parse_load(line: &str) -> Option<LoadAverage> {
    let mut fields = line.split(' ');
    Some(LoadAverage {
        one: fields.next()?.parse().ok()?,
        five: fields.next()?.parse().ok()?,
        runnable: fields.nth(1)?.split('/').next()?.parse().ok()?,
    })
}

fn cpu_model() -> anyhow::Result<String> {
    Ok(value_of("/proc/cpuinfo", "model name")?.unwrap_or_else(|| "unknown".to_owned()))
}

fn memory_mib() -> anyhow::Result<u64> {
    let value = value_of("/proc/meminfo", "MemTotal")?.context("/proc/meminfo has no MemTotal")?;
    let kib = value.trim_end_matches("kB").trim().parse::<u64>()?;
    Ok(kib / 1024)
}

/// The first `key : value` of a file of the proc file system.
fn value_of(path: &str, key: &str) -> anyhow::Result<Option<String>> {
    let text = fs::read_to_string(path).with_context(|| format!("read {path}"))?;
    Ok(text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    }))
}

fn read_line(path: &str) -> anyhow::Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("read {path}"))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_line_gives_averages_and_runnable_tasks() {
        let load = parse_load("0.63 0.48 0.23 3/217 4711").unwrap();
        assert_eq!((load.one, load.five, load.runnable), (0.63, 0.48, 3));
    }

    #[test]
    fn a_mount_line_is_device_point_kind_and_options() {
        let mount = Mount::parse("/dev/vda / ext4 rw,relatime 0 0").unwrap();
        assert_eq!(mount.device, "/dev/vda");
        assert_eq!(mount.point, Path::new("/"));
        assert_eq!(
            (mount.kind.as_str(), mount.options.as_str()),
            ("ext4", "rw,relatime")
        );
    }
}
