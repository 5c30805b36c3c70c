namespace RecordingPlatform.Worker.Media;

/// <summary>A program to run once, with no input, in one directory, within limits.</summary>
sealed record ChildCommand
{
    /// <summary>Absolute path: the child's own PATH is not the worker's.</summary>
    public required string Executable { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public required string WorkingDirectory { get; init; }

    public required ChildLimits Limits { get; init; }

    /// <summary>Reads standard output, which ends when the child does; null throws the output away. When it throws, the child is killed.</summary>
    public Func<Stream, Task>? ReadOutputAsync { get; init; }

    /// <summary>Sees each line of standard error, cut at <see cref="Children.BoundedLines.MaxLength"/>. Called on one thread at a time.</summary>
    public Action<string>? OnErrorLine { get; init; }
}

/// <summary>How a child process ended.</summary>
sealed record ChildExit
{
    public required ChildEnd End { get; init; }

    /// <summary>The program's own exit code, or 128 + the signal that killed it.</summary>
    public required int ExitCode { get; init; }

    /// <summary>The last lines of standard error. May quote the file: for an operator's eyes, never for a log.</summary>
    public required string ErrorTail { get; init; }

    public bool Succeeded => End == ChildEnd.Exited && ExitCode == 0;
}

enum ChildEnd
{
    /// <summary>By itself, or by a signal that was not the worker's.</summary>
    Exited,

    /// <summary>Killed by the worker: its wall clock had run out.</summary>
    TimedOut,

    /// <summary>Killed by the kernel: its processor time had run out.</summary>
    OutOfCpuTime,
}
