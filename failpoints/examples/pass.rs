//! Passes every fail point and says so: what its test runs, as a debug and as a release build.

#![allow(clippy::print_stdout, reason = "it is all that it does")]

use zapiki_failpoints::{Point, reach};

fn main() {
    for point in Point::ALL {
        reach(*point);
    }
    println!("passed");
}
