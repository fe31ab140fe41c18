"""Many runs: sweeps, judges, learning and the table of solvers."""
