fn main() -> std::process::ExitCode {
    wardbook::cli::main()
}
