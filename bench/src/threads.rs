//! What each thread of this process cost the processors.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context as _;

/// Nanoseconds on a processor, by thread name; threads of one name are added up.
#[derive(Clone, Debug, Default)]
pub(crate) struct CpuTimes(BTreeMap<String, u64>);

impl CpuTimes {
    /// Reads the times of a process, 0 for our own.
    pub(crate) fn read(pid: u32) -> anyhow::Result<Self> {
        let process = match pid {
            0 => "self".to_owned(),
            pid => pid.to_string(),
        };
        let mut times = BTreeMap::new();
        let tasks = format!("/proc/{process}/task");
        for task in fs::read_dir(&tasks).with_context(|| format!("read {tasks}"))? {
            let task = task?.path();
            // A thread may end between the listing and the look.
            let (Ok(name), Ok(line)) = (
                fs::read_to_string(task.join("comm")),
                fs::read_to_string(task.join("schedstat")),
            ) else {
                continue;
            };
            if let Some(ran_ns) = parse(&line) {
                *times.entry(name.trim().to_owned()).or_default() += ran_ns;
            }
        }
        Ok(Self(times))
    }

    /// What was used between `earlier` and this, in microseconds, the largest first. Threads
    /// that ended in between are left out.
    pub(crate) fn since(&self, earlier: &Self) -> Vec<(String, f64)> {
        let mut used = self
            .0
            .iter()
            .map(|(name, ns)| {
                let before = earlier.0.get(name).copied().unwrap_or(0);
                (name.clone(), ns.saturating_sub(before) as f64 / 1e3)
            })
            .filter(|(_, us)| *us > 0.0)
            .collect::<Vec<_>>();
        used.sort_by(|a, b| b.1.total_cmp(&a.1));
        used
    }
}

/// The first of three numbers: nanoseconds run, nanoseconds waited, turns.
fn parse(schedstat: &str) -> Option<u64> {
    schedstat.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_used_by_this_thread_is_found() {
        let before = CpuTimes::read(0).unwrap();
        let mut sum = 0_u64;
        while CpuTimes::read(0).unwrap().since(&before).is_empty() {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert_eq!(parse("12 34 5"), Some(12));
    }
}
