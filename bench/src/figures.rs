//! Quantiles of one cell and the spread over several.

use serde::Serialize;

/// Latencies of one cell, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Quantiles {
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) p999_us: f64,
    pub(crate) max_us: f64,
}

impl Quantiles {
    /// Nearest-rank quantiles; `None` of an empty sample, which has none.
    pub(crate) fn of(mut sample_us: Vec<f64>) -> Option<Self> {
        sample_us.sort_by(f64::total_cmp);
        Some(Self {
            p50_us: nearest_rank(&sample_us, 0.50)?,
            p99_us: nearest_rank(&sample_us, 0.99)?,
            p999_us: nearest_rank(&sample_us, 0.999)?,
            max_us: *sample_us.last()?,
        })
    }
}

/// The smallest value with at least the share `q` of the sample at or below it.
fn nearest_rank(sorted: &[f64], q: f64) -> Option<f64> {
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// Smallest, middle and largest of repeated figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
    /// How many figures stand behind it.
    pub(crate) count: usize,
}

impl Spread {
    /// `None` when there are no figures. The median of an even count is the mean of the two
    /// middle ones.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted = figures.into_iter().collect::<Vec<_>>();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len().is_multiple_of(2) {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        } else {
            sorted[middle]
        };
        Some(Self {
            min,
            median,
            max,
            count: sorted.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_of_the_sample() {
        let quantiles = Quantiles::of((1..=1000).rev().map(f64::from).collect()).unwrap();
        assert_eq!(
            quantiles,
            Quantiles {
                p50_us: 500.0,
                p99_us: 990.0,
                p999_us: 999.0,
                max_us: 1000.0,
            }
        );
    }

    #[test]
    fn a_single_value_is_every_quantile() {
        let quantiles = Quantiles::of(vec![7.0]).unwrap();
        assert_eq!((quantiles.p50_us, quantiles.p999_us), (7.0, 7.0));
    }

    #[test]
    fn an_empty_sample_has_no_quantiles_and_no_spread() {
        assert_eq!(Quantiles::of(Vec::new()), None);
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn the_median_of_an_even_count_lies_between_the_middle_two() {
        let spread = Spread::of([4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!((spread.min, spread.median, spread.max), (1.0, 2.5, 4.0));
    }
}
