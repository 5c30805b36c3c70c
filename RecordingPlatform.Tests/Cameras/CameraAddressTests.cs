using System.Net;
using Microsoft.Extensions.Options;
using RecordingPlatform.Worker.Cameras;

namespace RecordingPlatform.Tests.Cameras;

public sealed class CameraAddressTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("169.254.169.254")]
    [InlineData("168.63.129.16")]
    [InlineData("100.100.100.200")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("fe80::1")]
    [InlineData("ff02::1")]
    [InlineData("fd00:ec2::254")]
    public void Where_no_camera_may_be_nothing_is_reached(string address) => Assert.False(CameraAddress.IsUsable(IPAddress.Parse(address), allowLoopback: false));

    [Theory]
    [InlineData("192.168.77.20")]
    [InlineData("10.77.0.4")]
    [InlineData("203.0.113.7")]
    [InlineData("fd12:3456::7")]
    [InlineData("2001:db8::7")]
    public void Where_cameras_are_they_are_reached(string address) => Assert.True(CameraAddress.IsUsable(IPAddress.Parse(address), allowLoopback: false));

    [Fact]
    public void This_machines_own_addresses_count_as_loopback()
    {
        var own = System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces().SelectMany(nic => nic.GetIPProperties().UnicastAddresses).Select(a => a.Address).ToList();
        Assert.NotEmpty(own);
        Assert.All(own, address => Assert.False(CameraAddress.IsUsable(address, allowLoopback: false)));
        Assert.True(CameraAddress.IsUsable(IPAddress.Loopback, allowLoopback: true));
        Assert.False(CameraAddress.IsUsable(IPAddress.Parse("169.254.169.254"), allowLoopback: true));
    }

    [Theory]
    [InlineData("localhost/stream", "is not rtsp://host/path")]
    [InlineData("file:///etc/passwd", "is not rtsp://host/path")]
    [InlineData("udp://192.168.77.20/", "is not rtsp://host/path")]
    [InlineData("rtsp://user:hush@192.168.77.20/", "holds a password")]
    [InlineData("rtsp://localhost/stream", "one of this machine")]
    [InlineData("http://2130706433/", "one of this machine")]
    [InlineData("http://0x7f.1/", "one of this machine")]
    [InlineData("http://[::ffff:7f00:1]/", "one of this machine")]
    [InlineData("http://camera.invalid/", "not known to the network")]
    public async Task A_wrong_address_says_what_is_wrong_and_not_what_it_is(string url, string says)
    {
        var failure = await Assert.ThrowsAsync<CameraException>(() => CameraAddress.ResolveAsync(url, allowLoopback: false, CameraRig.Ct));
        Assert.Contains(says, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_gives_the_one_address_that_is_connected_to()
    {
        var address = await CameraAddress.ResolveAsync("rtsp://192.168.77.20/stream", allowLoopback: false, CameraRig.Ct);
        Assert.Equal(new IPEndPoint(IPAddress.Parse("192.168.77.20"), 554), address.EndPoint);
        Assert.Equal(8080, (await CameraAddress.ResolveAsync("https://192.168.77.20:8080/", allowLoopback: false, CameraRig.Ct)).EndPoint.Port);
    }

    [Theory]
    [InlineData("Clip", "00:10:00")]
    [InlineData("Within", "00:00:00")]
    [InlineData("MaxBytes", "1")]
    public void A_setting_out_of_bounds_is_named(string key, string value)
    {
        using var studio = new Media.Studio();
        using var rig = new CameraRig(studio, (key, value));
        var wrong = Assert.Throws<OptionsValidationException>(() => rig.FilmAsync("rtsp://127.0.0.1/", null!).GetAwaiter().GetResult());
        Assert.Contains(key, Assert.Single(wrong.Failures), StringComparison.Ordinal);
    }
}
