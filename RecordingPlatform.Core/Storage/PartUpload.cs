namespace RecordingPlatform.Core.Storage;

/// <summary>
/// An upload over HTTP: one conditional put when the object fits in one part, else parts that nobody sees and a conditional
/// commit of their list.
/// </summary>
internal abstract class PartUpload : ObjectUpload
{
    readonly PartStream content;
    int parts;
    bool ended;

    protected PartUpload(string name, int partBytes)
    {
        Name = name;
        content = new PartStream(name, partBytes, (part, ct) => SendPartAsync(++parts, part, ct));
    }

    public override string Name { get; }

    public override Stream Content => content;

    /// <summary>
    /// Stamped into the object's metadata. When the answer to a commit is lost and the repeat says that the name is taken, this
    /// tells whether the object is our own.
    /// </summary>
    protected string Stamp { get; } = $"{Guid.CreateVersion7():n}";

    public override async Task<PutOutcome> CommitAsync(CancellationToken ct)
    {
        if (ended || content.Spoilt)
            throw new InvalidOperationException($"The upload of '{Name}' was committed or given up before, or a write to it failed.");

        ended = true;
        await content.DisposeAsync();
        ct.ThrowIfCancellationRequested();
        if (parts == 0)
            return await PutWholeAsync(content.Rest, ct);
        await SendPartAsync(++parts, content.Rest, ct);
        return await PutPartsAsync(parts, ct);
    }

    public override async ValueTask DisposeAsync()
    {
        ended = true;
        await content.DisposeAsync();
        await GiveUpAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Stores part <paramref name="number"/>, from 1, where nobody sees it yet.</summary>
    protected abstract Task SendPartAsync(int number, ReadOnlyMemory<byte> part, CancellationToken ct);

    protected abstract Task<PutOutcome> PutWholeAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct);

    /// <summary>Makes the object of parts 1 to <paramref name="count"/>.</summary>
    protected abstract Task<PutOutcome> PutPartsAsync(int count, CancellationToken ct);

    /// <summary>Gives back what uncommitted parts hold. Also called after a commit.</summary>
    protected abstract ValueTask GiveUpAsync();
}
