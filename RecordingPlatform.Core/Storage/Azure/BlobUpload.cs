using System.Buffers.Binary;
using System.Text;
using Azure.Core;

namespace RecordingPlatform.Core.Storage.Azure;

/// <summary>
/// Blocks, then their list. Uncommitted blocks belong to the name and not to the writer, so each writer's have ids of their own;
/// the first commit discards the others', and what nobody commits Azure removes after a week.
/// </summary>
internal sealed class BlobUpload(BlobContainer container, string name) : PartUpload(name, BlockBytes)
{
    /// <summary>An object has at most 50,000 blocks: 195 GiB.</summary>
    public const int BlockBytes = 4 * 1024 * 1024;

    // An archived object of this name takes no blocks.
    bool taken;

    protected override async Task SendPartAsync(int number, ReadOnlyMemory<byte> part, CancellationToken ct)
    {
        if (taken)
            return;

        using var message = container.Http.Create(RequestMethod.Put, container.Name, Name, ("comp", "block"), ("blockid", BlockId(number)));
        message.Request.Content = RequestContent.Create(part);
        var response = await container.Http.SendAsync(message, container.Name, ct);
        taken = !container.IsCreated(response);
    }

    protected override async Task<PutOutcome> PutWholeAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        if (await container.PutAsync(Name, Stamp, bytes, ct))
            return PutOutcome.Created;
        if (await container.AskAsync(Name, ct) is { } taking)
            return taking.Stamp == Stamp ? PutOutcome.Created : PutOutcome.AlreadyExists;

        // Refused, and nothing there: deleted meanwhile, or Azurite, to which another writer's uncommitted blocks are a blob.
        if (bytes.IsEmpty)
            return await PutPartsAsync(0, ct);
        await SendPartAsync(1, bytes, ct);
        return await PutPartsAsync(1, ct);
    }

    protected override async Task<PutOutcome> PutPartsAsync(int count, CancellationToken ct)
    {
        if (taken)
            return PutOutcome.AlreadyExists;

        using var message = container.Http.Create(RequestMethod.Put, container.Name, Name, ("comp", "blocklist"));
        message.Request.Headers.Add(BlobContainer.StampHeader, Stamp);
        message.Request.Headers.Add("If-None-Match", "*");
        message.Request.Content = RequestContent.Create(Encoding.UTF8.GetBytes(BlockList(count)));
        var response = await container.Http.SendAsync(message, container.Name, ct);

        // The blocks are gone when another writer of the name, or our own try whose answer was lost, committed meanwhile.
        if (BlobFailure.CodeOf(response) is "InvalidBlockList" or "InvalidBlobOrBlock" && await container.AskAsync(Name, ct) is not null)
            return await WhoseAsync(ct);
        return container.IsCreated(response) ? PutOutcome.Created : await WhoseAsync(ct);
    }

    protected override ValueTask GiveUpAsync() => ValueTask.CompletedTask;

    async Task<PutOutcome> WhoseAsync(CancellationToken ct) =>
        (await container.AskAsync(Name, ct))?.Stamp == Stamp ? PutOutcome.Created : PutOutcome.AlreadyExists;

    string BlockId(int number)
    {
        Span<byte> id = stackalloc byte[20];
        Convert.FromHexString(Stamp, id, out _, out var written);
        BinaryPrimitives.WriteInt32BigEndian(id[written..], number);
        return Convert.ToBase64String(id);
    }

    string BlockList(int count)
    {
        var list = new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
        for (var number = 1; number <= count; number++)
            list.Append("<Uncommitted>").Append(BlockId(number)).Append("</Uncommitted>");
        return list.Append("</BlockList>").ToString();
    }
}
