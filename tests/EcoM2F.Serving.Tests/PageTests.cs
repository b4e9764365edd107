using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using EcoM2F.Serving.Page;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>The page at <c>/</c> as files over HTTP: what browsers are told about them, and that they need no other host.</summary>
public sealed partial class PageTests(Service service)
{
    /// <summary>Without the examples.</summary>
    private const int MostBytes = 300_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Texts => [.. PageFiles.All.Keys.Where(static path => Path.GetExtension(path) is ".html" or ".js" or ".css" or ".svg")];

    [Fact]
    public async Task Get_Root_IsThePageUnderAStrictPolicy()
    {
        using var response = await service.Client.GetAsync(new Uri("/", UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_EveryFile_IsWhatWasBuiltIn()
    {
        Assert.NotEmpty(PageFiles.All);
        foreach (var (path, file) in PageFiles.All.Where(static file => file.Key != PageFiles.Index))
        {
            using var response = await service.Client.GetAsync(new Uri($"/{path}", UriKind.Relative), Token);

            Assert.True(response.IsSuccessStatusCode, path);
            Assert.Equal(file.Bytes, await response.Content.ReadAsByteArrayAsync(Token));
            Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
            Assert.Equal(["no-referrer"], response.Headers.GetValues("Referrer-Policy"));
            Assert.True(response.Headers.CacheControl!.NoCache);
            Assert.NotEqual("application/octet-stream", response.Content.Headers.ContentType!.MediaType);
        }
    }

    [Fact]
    public async Task Get_FileThatTheBrowserHas_Is304()
    {
        using var first = await service.Client.GetAsync(new Uri("/page/app.js", UriKind.Relative), Token);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/page/app.js") { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        using var second = await service.Client.SendAsync(again, Token);
        using var other = new HttpRequestMessage(HttpMethod.Get, "/page/app.js") { Headers = { IfNoneMatch = { new EntityTagHeaderValue("\"other\"") } } };
        using var third = await service.Client.SendAsync(other, Token);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Equal(HttpStatusCode.OK, third.StatusCode);
    }

    [Theory]
    [InlineData("/page/nowhere.js")]
    [InlineData("/page/")]
    [InlineData("/page/../appsettings.json")]
    [InlineData("/page/..%2Fappsettings.json")]
    [InlineData("/index.html")]
    public async Task Get_NoFileOfThePage_Is404(string path)
    {
        using var response = await service.Client.GetAsync(new Uri(path, UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Post_Root_Is405()
    {
        using var response = await service.Client.PostAsync(new Uri("/", UriKind.Relative), null, Token);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Fact]
    public void Files_WithoutExamples_AreSmall() => Assert.InRange(
        PageFiles.All.Where(static file => !file.Key.StartsWith("page/examples/", StringComparison.Ordinal)).Sum(static file => file.Value.Bytes.Length), 1, MostBytes);

    /// <summary>Each reference is relative, so that it follows the page under a path, and leads to a file or to the API.</summary>
    [Theory]
    [MemberData(nameof(Texts))]
    public void Text_WhatItLoads_IsOfThisService(string path)
    {
        var text = System.Text.Encoding.UTF8.GetString(PageFiles.All[path].Bytes);
        var folder = path.Contains('/', StringComparison.Ordinal) ? path[..(path.LastIndexOf('/') + 1)] : "";
        foreach (Match match in Reference().Matches(text))
        {
            var target = match.Groups["to"].Value;
            Assert.False(target.StartsWith('/') || target.Contains("//", StringComparison.Ordinal), $"{path} loads {target}");
            Assert.True(target is "swagger" or "metrics" || target.StartsWith('#') || PageFiles.All.ContainsKey(Path.GetExtension(path) == ".js" ? folder + target[2..] : target), $"{path} refers to {target}, which is not there");
        }

        Assert.DoesNotMatch("""<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+="|innerHTML|@import|url\(""", text);
    }

    [Fact]
    public void Examples_Each_IsCreditedOnThePageAndInTheNotices()
    {
        var credits = System.Text.Encoding.UTF8.GetString(PageFiles.All["page/examples.js"].Bytes);
        var notices = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "THIRD-PARTY-NOTICES.md"));
        var names = PageFiles.All.Keys.Where(static path => path.StartsWith("page/examples/", StringComparison.Ordinal) && !path.EndsWith("-small.jpg", StringComparison.Ordinal))
            .Select(static path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal).ToList();
        var credited = Credit().Matches(credits).Select(static match => match.Groups["name"].Value).Order(StringComparer.Ordinal).ToList();

        Assert.Equal(names, credited);
        foreach (Match match in Credit().Matches(credits))
        {
            Assert.Contains($"`{match.Groups["name"].Value}.jpg`", notices, StringComparison.Ordinal);
            Assert.Contains(match.Groups["source"].Value, notices, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex("""(?:\s(?:src|href)="|from ')(?<to>[^"']+)["']""")]
    private static partial Regex Reference();

    [GeneratedRegex("""\{ name: '(?<name>\w+)'.*source: '(?<source>[^']+)'""")]
    private static partial Regex Credit();
}
