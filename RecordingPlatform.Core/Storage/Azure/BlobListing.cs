using System.Globalization;
using System.Runtime.CompilerServices;
using System.Xml;
using System.Xml.Linq;
using Azure.Core;

namespace RecordingPlatform.Core.Storage.Azure;

/// <summary>A container's blobs, a page at a time, by the service's own marker.</summary>
internal sealed class BlobListing(BlobContainer container)
{
    const string PageSize = "1000";

    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        var marker = "";
        do
        {
            var page = await PageAsync(prefix, marker, ct);
            foreach (var blob in page.Descendants("Blob"))
            {
                ct.ThrowIfCancellationRequested();
                if (Of(blob) is { } stored)
                    yield return stored;
            }

            marker = page.Element("NextMarker")?.Value ?? "";
        }
        while (marker.Length > 0);
    }

    async Task<XElement> PageAsync(string prefix, string marker, CancellationToken ct)
    {
        using var message = container.Http.Create(
            RequestMethod.Get, container.Name, blob: null,
            ("restype", "container"), ("comp", "list"), ("prefix", prefix), ("marker", marker), ("maxresults", PageSize));
        var response = await container.Http.SendAsync(message, container.Name, ct);
        if (response.Status != 200)
            throw BlobFailure.Of(response, container.Name);

        try
        {
            return await XElement.LoadAsync(response.ContentStream!, LoadOptions.None, ct);
        }
        catch (XmlException broken)
        {
            throw new IOException($"The object store's container '{container.Name}' answered a listing that cannot be read.", broken);
        }
    }

    // What no provider would name so, is not ours: a probe, or another program's.
    static StoredObject? Of(XElement blob)
    {
        var name = Text(blob, "Name");
        if (!ObjectName.IsValid(name))
            return null;
        var properties = blob.Element("Properties") ?? throw Incomplete("Properties");
        return new StoredObject(
            name,
            long.Parse(Text(properties, "Content-Length"), CultureInfo.InvariantCulture),
            DateTimeOffset.ParseExact(Text(properties, "Last-Modified"), "R", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
            BlobTier.Of(properties.Element("AccessTier")?.Value));
    }

    static string Text(XElement parent, string name) => parent.Element(name)?.Value ?? throw Incomplete(name);

    static IOException Incomplete(string element) => new($"The object store answered a listing without {element}.");
}
