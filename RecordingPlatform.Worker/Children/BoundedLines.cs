using System.Text;

namespace RecordingPlatform.Worker.Children;

/// <summary>
/// Reads lines of UTF-8 whose writer is not trusted: a line is cut at <see cref="MaxLength"/>, and only the last
/// <see cref="TailLength"/> characters are kept.
/// </summary>
sealed class BoundedLines(Action<string>? onLine)
{
    public const int MaxLength = 2000;
    public const int TailLength = 4000;

    readonly Queue<string> _tail = new();
    int _tailLength;

    public string Tail => string.Join('\n', _tail);

    public async Task ReadAsync(Stream stream, CancellationToken ct)
    {
        var buffer = new byte[4096];
        var line = new byte[MaxLength];
        var length = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer, ct)) > 0)
        {
            foreach (var next in buffer.AsSpan(0, read))
            {
                if (next is (byte)'\n' or (byte)'\r')
                {
                    Take(line.AsSpan(0, length));
                    length = 0;
                }
                else if (length < MaxLength)
                {
                    line[length++] = next;
                }
            }
        }
        Take(line.AsSpan(0, length));
    }

    void Take(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        var line = Encoding.UTF8.GetString(bytes);
        onLine?.Invoke(line);
        _tail.Enqueue(line);
        _tailLength += line.Length + 1;
        while (_tailLength > TailLength)
            _tailLength -= _tail.Dequeue().Length + 1;
    }
}
