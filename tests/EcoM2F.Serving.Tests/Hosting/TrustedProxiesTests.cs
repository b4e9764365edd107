using System.Net;
using EcoM2F.Serving.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace EcoM2F.Serving.Tests.Hosting;

public sealed class TrustedProxiesTests
{
    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)] // as a socket of both kinds sees it
    [InlineData("11.1.2.3", false)]
    [InlineData("192.0.2.7", true)]
    [InlineData("192.0.2.8", false)]
    [InlineData("2001:db8::1", true)]
    [InlineData("2001:db9::1", false)]
    [InlineData(null, false)] // a Unix socket
    public void Sent_Addresses_AreHeldToTheList(string? address, bool trusted)
    {
        var sut = Create("10.0.0.0/8", "192.0.2.7", "2001:db8::/32");

        Assert.Equal(trusted, sut.Sent(From(address)));
        Assert.False(Create().Sent(From(address)));
    }

    private static TrustedProxies Create(params string[] proxies) => new(Options.Create(new HttpSettings { TrustedProxies = proxies }));

    private static DefaultHttpContext From(string? address) => new() { Connection = { RemoteIpAddress = address is null ? null : IPAddress.Parse(address) } };
}
