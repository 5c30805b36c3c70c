using System.Security.Cryptography;
using System.Threading.Tasks.Sources;

namespace RecordingPlatform.Core.Sealing;

/// <summary>
/// SHA-256 of a plaintext, computed on another core: inline it would cost more than the encryption. At most one piece is
/// under way, so memory stays bounded, and starting a piece allocates nothing. One caller at a time.
/// </summary>
internal sealed class PlaintextHash : IThreadPoolWorkItem, IValueTaskSource, IDisposable
{
    readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    ManualResetValueTaskSourceCore<bool> _piece = new() { RunContinuationsAsynchronously = true };
    ReadOnlyMemory<byte> _plaintext;
    bool _underWay;

    /// <summary>Hashes a piece here and now. No other piece is under way.</summary>
    public void Append(ReadOnlySpan<byte> plaintext)
    {
        RequireSettled();
        _sha256.AppendData(plaintext);
    }

    /// <summary>Starts hashing a piece, which stays unchanged until <see cref="SettleAsync"/>. No other piece is under way.</summary>
    public void Begin(ReadOnlyMemory<byte> plaintext)
    {
        RequireSettled();
        _plaintext = plaintext;
        _piece.Reset();
        _underWay = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Ends when no piece is under way.</summary>
    public ValueTask SettleAsync()
    {
        if (!_underWay)
            return ValueTask.CompletedTask;
        _underWay = false;
        return new ValueTask(this, _piece.Version);
    }

    public byte[] Finish()
    {
        RequireSettled();
        return _sha256.GetHashAndReset();
    }

    public void Dispose() => _sha256.Dispose();

    void RequireSettled()
    {
        if (_underWay)
            throw new InvalidOperationException("A piece of the plaintext is still being hashed.");
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            _sha256.AppendData(_plaintext.Span);
        }
        catch (CryptographicException e)
        {
            _piece.SetException(e);
            return;
        }

        _piece.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _piece.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _piece.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _piece.OnCompleted(continuation, state, token, flags);
}
