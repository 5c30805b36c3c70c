using System.Net;
using System.Text;
using System.Xml.Linq;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Web;

/// <summary>Two portals, each on an api of its own, over one database: whichever a browser reaches, it is the same portal.</summary>
public sealed class ReplicasWholeWayTests(PostgresCluster cluster)
{
    [Fact]
    public async Task What_one_portal_draws_and_opens_another_accepts_and_their_keys_lie_sealed_in_the_database()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Apis = 2, Workers = 0 });
        Assert.Empty(await platform.QueryAsync("select friendly_name from key_ring"));
        // At once: each of them finds the ring empty.
        var portals = await Task.WhenAll(platform.Apis.Select(api => PortalProcess.StartAsync(api.Url.GetLeftPart(UriPartial.Authority),
            ("Portal__ApiKey", Platform.PortalKey), ("HOME", $"/a/home/of/its/own/{api.Url.Port}"))));
        await using var first = portals[0];
        await using var second = portals[1];
        var (email, password) = platform.UserOf("practice_manager");

        foreach (var (one, other) in new[] { (first, second), (second, first) })
        {
            var stranger = new Visitor(one.Address, () => one.Said);
            var signIn = (await stranger.GetAsync("/sign-in")).Expect(HttpStatusCode.OK).HiddenFieldsOf("Form.Password");
            var there = Moved(stranger, other);
            Assert.Equal("/", (await there.PostAsync("/sign-in", [.. signIn, ("Form.Email", email), ("Form.Password", password)])).Expect(HttpStatusCode.Redirect).Location);

            // The session was opened there and holds here; its end there ends it here as well.
            var here = Moved(there, one);
            var signOut = (await here.GetAsync("/recordings")).Expect(HttpStatusCode.OK).HiddenFieldsOf("/sign-out");
            Assert.Equal("/sign-in?signed-out=true", (await Moved(here, other).PostAsync("/sign-out", [.. signOut])).Expect(HttpStatusCode.Redirect).Location);
            (await here.GetAsync("/recordings")).Expect(HttpStatusCode.Redirect);
        }
        await AssertSealedAsync(platform);
    }

    // What a portal gets from its api in clear is looked for in what the database's owner finds.
    static async Task AssertSealedAsync(Platform platform)
    {
        using var service = platform.WithKey(Platform.PortalKey);
        var ring = (await Platform.ReadAsync(await service.GetAsync("internal/portal/key-ring"), 200)).GetProperty("elements").EnumerateArray().Select(e => e.GetProperty("xml").GetString()!).ToList();
        var stored = (await platform.QueryAsync("select encode(sealed_xml, 'hex') from key_ring")).ConvertAll(hex => Convert.FromHexString(hex));
        // Two would be a day on which each refuses what the other signs.
        Assert.Single(ring);
        Assert.Equal(ring.Count, stored.Count);
        List<byte[]> clear = ["<key"u8.ToArray(), "masterKey"u8.ToArray()];
        foreach (var xml in ring)
        {
            Assert.StartsWith("<key", xml);
            Assert.Contains("masterKey", xml);
            var secret = Assert.Single(XElement.Parse(xml).Descendants("value")).Value;
            clear.AddRange([Encoding.UTF8.GetBytes(secret), Convert.FromBase64String(secret)]);
        }
        Assert.All(stored, row => Assert.All(clear, part => Assert.True(row.AsSpan().IndexOf(part) < 0, $"A row of key_ring holds {Encoding.UTF8.GetString(part)} in clear.")));
    }

    /// <summary>The same browser, led to another replica.</summary>
    static Visitor Moved(Visitor visitor, PortalProcess to)
    {
        var moved = new Visitor(to.Address, () => to.Said);
        foreach (var (name, value) in visitor.Cookies)
            moved.Cookies[name] = value;
        return moved;
    }
}
