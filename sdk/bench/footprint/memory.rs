/// The memory that the process holds, in KiB, printed.
fn print_memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|it| it.starts_with("VmRSS:"));
    println!("{}", line.and_then(|it| it.split_whitespace().nth(1)).unwrap_or("0"));
}
