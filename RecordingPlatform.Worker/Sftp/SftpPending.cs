namespace RecordingPlatform.Worker.Sftp;

/// <summary>A request that was sent. Whoever waits goes on on the reader's thread.</summary>
sealed class SftpPending(SftpPacket answer, int dataAtMost)
{
    /// <summary>In place of a number of bytes: the name that is asked for is one path.</summary>
    public const int OnePath = -1;

    readonly TaskCompletionSource<SftpAnswer> _answered = new();

    /// <summary>The packet that answers it, unless a status does.</summary>
    public SftpPacket Answer { get; } = answer;

    public int DataAtMost { get; } = dataAtMost;

    public Task<SftpAnswer> Answered => _answered.Task;

    /// <summary>False when nobody waits any more: what the answer holds must be let go of.</summary>
    public bool TryAnswer(SftpAnswer answer) => _answered.TrySetResult(answer);

    public void TryFail(SftpException why)
    {
        if (_answered.TrySetException(why.Again()))
            _ = _answered.Task.Exception; // requests that were sent ahead have nobody who looks
    }

    public void Cancel(CancellationToken ct) => _answered.TrySetCanceled(ct);

    /// <summary>Lets go of an answer that will not be used, now or when it comes. True when it had come.</summary>
    public bool Abandon()
    {
        if (_answered.TrySetCanceled() || !_answered.Task.IsCompletedSuccessfully)
            return false;
        _answered.Task.Result.Release();
        return true;
    }
}

/// <summary>An answer, taken apart.</summary>
sealed class SftpAnswer
{
    SftpBlock? _block;

    /// <summary>Set when the answer is a status; then nothing else is.</summary>
    public uint? Status { get; init; }

    public byte[]? Handle { get; init; }

    public SftpAttributes Attributes { get; init; }

    public List<SftpEntry>? Names { get; init; }

    public string? Path { get; init; }

    /// <summary>The reader's own memory, until <see cref="Release"/>.</summary>
    public ReadOnlyMemory<byte> Data { get; private init; }

    public static SftpAnswer Of(SftpBlock block, ReadOnlyMemory<byte> data) => new() { _block = block.Hold(), Data = data };

    public void Release()
    {
        _block?.LetGo();
        _block = null;
    }
}
